import type { BlockFacts } from '../../agent/domain/chain-facts';
import type { CommitSighting } from '../../agent/domain/quorum';
import type { Ledger } from '../../agent/ports/ledger';
import { waitUntil } from '../../network/processes';
import { containerFacts } from '../support/ledger-samples';

/** Two registered nodes of one channel, each as its agent sees it, and an id that nothing on it has. */
export interface LedgerBench {
  /** The organisations whose peers can all be asked; without it each ledger's own one. */
  readonly nodeIds?: readonly string[];
  readonly first: Ledger;
  readonly second: Ledger;
  readonly freshId: (prefix: string) => string;
}

/** The word of every peer, as soon as all have been heard. */
async function allCommits(
  ledger: Ledger,
  transactionId: string,
  nodeIds: readonly string[],
): Promise<readonly CommitSighting[]> {
  const heard = async (): Promise<readonly CommitSighting[] | undefined> => {
    const commits = await ledger.commits(transactionId);
    return nodeIds.every((nodeId) => commits.some((one) => one.nodeId === nodeId)) ? commits : undefined;
  };
  return waitUntil(heard, { deadlineMs: 30_000, what: `the commits of ${nodeIds.join(', ')}` });
}

/** What every adapter of the port `Ledger` does, the fake one and the real one: run by each on its own bench. */
export function ledgerContract(makeBench: () => Promise<LedgerBench>): void {
  const share = async ({ first, freshId }: LedgerBench) => {
    const metadataId = freshId('meta');
    const argument = { metadataId, instanceId: null, container: containerFacts() };
    const committed = await first.submit('MetadataContract:Share', [argument]);
    return { metadataId, argument, committed };
  };

  it('gives the result of a committed transaction, and its place', async () => {
    const bench = await makeBench();
    const { metadataId, committed } = await share(bench);
    expect(committed.result).toMatchObject({ metadataId, nodeId: bench.first.nodeId });
    expect(committed.blockNumber).toBeGreaterThan(0);
    expect(committed.transactionId).toMatch(/^[0-9a-f]{64}$/);
  });

  it('shows the own peer what it has committed', async () => {
    const bench = await makeBench();
    const { metadataId, committed } = await share(bench);
    expect(await bench.first.query('MetadataContract:Get', [metadataId])).toEqual(committed.result);
  });

  it('hands on the code of a contract that refuses', async () => {
    const { first } = await makeBench();
    const get = first.query('MetadataContract:Get', ['no-such-metadata']);
    await expect(get).rejects.toMatchObject({ code: 'BLOSM_E_NOT_FOUND' });
    const confirm = first.submit('ConfirmationContract:Confirm', [{ metadataIds: ['no-such-metadata'] }]);
    await expect(confirm).rejects.toMatchObject({ code: 'BLOSM_E_NOT_FOUND' });
  });

  it('shows the block of a transaction, and says which block there is not', async () => {
    const bench = await makeBench();
    const { committed } = await share(bench);
    const block = await bench.second.freshView().then(() => bench.second.block(committed.blockNumber));
    const line = block.transactions.find(({ transactionId }) => transactionId === committed.transactionId);
    expect(line).toMatchObject({
      ...{ type: 'ENDORSER_TRANSACTION', validationCode: 'VALID', creatorMspId: bench.first.nodeId },
      ...{ functionName: 'MetadataContract:Share', eventName: 'MetadataShared' },
    });
    expect(block.number).toBe(committed.blockNumber);
    await expect(bench.first.block(1_000_000)).rejects.toMatchObject({ code: 'BLOSM_E_NOT_FOUND' });
  });

  it('gives the chain of blocks from any place to any place', async () => {
    const bench = await makeBench();
    const { committed } = await share(bench);
    const { signal } = new AbortController();
    const read = async (first: number, last: number | null) => {
      const found: BlockFacts[] = [];
      for await (const block of bench.first.blocks(first, last, signal)) {
        if ('unreadable' in block) throw new Error(block.unreadable);
        found.push(block);
      }
      return found;
    };
    const all = await read(0, null);
    expect(all.map(({ number }) => number)).toEqual(all.map((_, place) => place));
    expect(all.length).toBeGreaterThan(committed.blockNumber);
    expect(all.map(({ previousSha256 }) => previousSha256)).toEqual([
      '',
      ...all.slice(0, -1).map(({ headerSha256 }) => headerSha256),
    ]);
    expect(all[0]?.headerSha256).toBe((await bench.first.tip()).genesisSha256);
    expect(all[0]?.config).not.toBeNull();
    expect(await read(committed.blockNumber, committed.blockNumber)).toEqual([all[committed.blockNumber]]);
    expect(await read(1_000_000, null)).toEqual([]);
    const cancelled = bench.first.blocks(0, null, AbortSignal.abort())[Symbol.asyncIterator]().next();
    await expect(cancelled).rejects.toMatchObject({ code: 'BLOSM_E_CANCELLED' });
  });

  it('delivers the events of the other node from a checkpoint, in order and without gaps', async () => {
    const bench = await makeBench();
    const tip = await bench.second.tip();
    const { metadataId, committed } = await share(bench);
    const stop = new AbortController();
    const numbers: number[] = [];
    const checkpoint = { genesisSha256: tip.genesisSha256, nextBlock: tip.height };
    for await (const block of bench.second.events(checkpoint, stop.signal)) {
      numbers.push(block.blockNumber);
      const event = block.events.find(({ transactionId }) => transactionId === committed.transactionId);
      if (event !== undefined) {
        expect(event.payload).toMatchObject({ name: 'MetadataShared', metadataIds: [metadataId] });
        break;
      }
    }
    stop.abort();
    expect(numbers).toEqual(numbers.map((_, place) => tip.height + place));
    expect(numbers.at(-1)).toBe(committed.blockNumber);
  });

  it('reads a checkpoint of another network as none: from the next new block', async () => {
    const bench = await makeBench();
    await share(bench);
    await bench.second.freshView();
    const stop = new AbortController();
    const { height } = await bench.second.tip();
    const checkpoint = { genesisSha256: '0'.repeat(64), nextBlock: 1 };
    const reader = bench.second.events(checkpoint, stop.signal)[Symbol.asyncIterator]();
    const state = { isRead: false };
    const next = reader.next().finally(() => (state.isRead = true));
    // Where "now" is, the stream decides: what is committed before that is not shown.
    while (!state.isRead) await share(bench);
    const block = await next;
    stop.abort();
    expect(block.done === true ? -1 : block.value.blockNumber).toBeGreaterThanOrEqual(height);
  });

  it('tells what became of a transaction', async () => {
    const bench = await makeBench();
    const { committed } = await share(bench);
    expect(await bench.first.settle(committed.transactionId)).toEqual({
      status: 'valid',
      blockNumber: committed.blockNumber,
    });
    expect(await bench.first.settle('0'.repeat(64))).toEqual({ status: 'absent' });
  });

  it('tells which peers have committed a transaction, also to who has not submitted it', async () => {
    const bench = await makeBench();
    const { committed } = await share(bench);
    for (const ledger of [bench.first, bench.second]) {
      const commits = await allCommits(ledger, committed.transactionId, bench.nodeIds ?? [ledger.nodeId]);
      const { blockNumber } = committed;
      expect(commits).toEqual(
        commits.map(() => expect.objectContaining({ validationCode: 'VALID', blockNumber }) as unknown),
      );
      expect(new Set(commits.map(({ peer }) => peer)).size).toBe(commits.length);
    }
    expect(await bench.first.commits('0'.repeat(64))).toEqual([]);
  });

  it('calls back when a peer has committed what was submitted, until the signal fires', async () => {
    const bench = await makeBench();
    const stop = new AbortController();
    const news: string[] = [];
    bench.first.watchCommits((transactionId) => news.push(transactionId), stop.signal);
    const { committed } = await share(bench);
    await waitUntil(() => news.includes(committed.transactionId), { deadlineMs: 20_000, what: 'news of the commit' });
    stop.abort();
    const before = news.length;
    await share(bench);
    expect(news).toHaveLength(before);
  });

  it('decodes a transaction for people', async () => {
    const bench = await makeBench();
    const { committed } = await share(bench);
    expect(await bench.first.transaction(committed.transactionId)).toMatchObject({
      transactionId: committed.transactionId,
      blockNumber: committed.blockNumber,
      validationCode: 'VALID',
      creatorMspId: bench.first.nodeId,
      functionName: 'MetadataContract:Share',
    });
  });

  it('has a fresh view once its peer has the newest block', async () => {
    const bench = await makeBench();
    const { committed } = await share(bench);
    const tip = await bench.second.freshView();
    expect(tip.height).toBeGreaterThan(committed.blockNumber);
    expect(tip.genesisSha256).toBe((await bench.first.tip()).genesisSha256);
  });

  it('writes nothing when the same is submitted again', async () => {
    const bench = await makeBench();
    const { argument, committed } = await share(bench);
    const again = await bench.first.submit('MetadataContract:Share', [argument]);
    expect(again.result).toEqual(committed.result);
  });

  it('is cancelled by its signal', async () => {
    const { first } = await makeBench();
    const signal = AbortSignal.abort();
    const query = first.query('NodeContract:List', [], { signal });
    await expect(query).rejects.toMatchObject({ code: 'BLOSM_E_CANCELLED' });
  });
}

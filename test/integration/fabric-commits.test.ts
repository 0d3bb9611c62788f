import { randomUUID } from 'node:crypto';
import { QuorumTracker, type QuorumVerdict } from '../../agent/domain/quorum';
import type { EventCheckpoint, Ledger } from '../../agent/ports/ledger';
import { waitUntil } from '../../network/processes';
import { startFabricForTests } from '../support/fabric-network';
import type { TestNetwork } from '../support/fabric-network';
import { containerFacts } from '../support/ledger-samples';
import { registerNode } from './support/real-nodes';

jest.setTimeout(180_000);

/** Ports beside those of the other files. */
const BASE_PORT = 17_450;
const NODE_IDS = ['Edge1MSP', 'Edge2MSP', 'Edge3MSP'];

let network: TestNetwork;
let edge1: Ledger;
let edge2: Ledger;

/** Registers all nodes and takes the agents' views of the first two. */
async function registerAll(): Promise<void> {
  const how = { confirmationSource: 'commit' } as const;
  [edge1, edge2] = [await registerNode(network, 'edge1', how), await registerNode(network, 'edge2', how)];
  await (await registerNode(network, 'edge3', how)).close();
}

/** A transaction of the ledger's agent; gives its id and the id of what it shared. */
async function share(ledger: Ledger): Promise<{ readonly transactionId: string; readonly metadataId: string }> {
  const metadataId = `meta-${randomUUID()}`;
  const argument = { metadataId, instanceId: null, container: containerFacts() };
  const { transactionId } = await ledger.submit('MetadataContract:Share', [argument]);
  return { transactionId, metadataId };
}

/** What the first cluster's agent concludes now, with a deadline that has passed. */
async function verdict(ledger: Ledger, transactionId: string): Promise<QuorumVerdict> {
  const tracker = new QuorumTracker('commit', 'Edge1MSP');
  for (const sighting of await ledger.commits(transactionId)) tracker.addCommit(sighting);
  return tracker.judge({ nodeIds: NODE_IDS, nowMs: 1, deadlineMs: 1 });
}

async function untilConfirmed(ledger: Ledger, transactionId: string): Promise<void> {
  const isConfirmed = async (): Promise<boolean> => (await verdict(ledger, transactionId)).kind === 'confirmed';
  await waitUntil(isConfirmed, { deadlineMs: 60_000, what: 'the commits of all three peers' });
}

/** Waits for these, which is no more than who can have committed it, and gives the verdict. */
async function afterCommitOf(transactionId: string, nodeIds: readonly string[]): Promise<QuorumVerdict> {
  const isHeard = async (): Promise<boolean> => {
    const heard = new Set((await edge1.commits(transactionId)).map(({ nodeId }) => nodeId));
    return nodeIds.every((nodeId) => heard.has(nodeId));
  };
  await waitUntil(isHeard, { deadlineMs: 30_000, what: `the commits of ${nodeIds.join(', ')}` });
  return verdict(edge1, transactionId);
}

const WITHOUT_THIRD = { kind: 'undecided', confirmed: 2, total: 3, missing: ['Edge3MSP'], disputes: [] };

beforeAll(async () => {
  network = await startFabricForTests(BASE_PORT);
  await registerAll();
});

afterAll(async () => {
  await network.down();
});

describe('the commits of three real peers', () => {
  it('are all seen as they come, and wake whoever waits', async () => {
    const stop = new AbortController();
    const news: string[] = [];
    edge1.watchCommits((transactionId) => news.push(transactionId), stop.signal);
    const { transactionId } = await share(edge1);
    const isToldByAll = (): boolean => news.filter((id) => id === transactionId).length === 3;
    await waitUntil(isToldByAll, { deadlineMs: 30_000, what: 'news from three peers' });
    stop.abort();
    expect(await verdict(edge1, transactionId)).toEqual({ kind: 'confirmed', confirmed: 3, total: 3 });
  });

  it('of an earlier run are asked for, and nothing is submitted again', async () => {
    const { transactionId } = await share(edge1);
    const { height } = await edge1.freshView();
    const later = await network.connect('edge1', 'agent', { confirmationSource: 'commit' });
    await untilConfirmed(later, transactionId);
    expect((await edge1.freshView()).height).toBe(height);
    await later.close();
  });

  it('lack the one of a peer that hangs, by name; when it goes on, all that it missed is seen', async () => {
    network.signal('edge3-peer', 'SIGSTOP');
    const missed: string[] = [];
    try {
      for (let turn = 0; turn < 3; turn += 1) missed.push((await share(edge1)).transactionId);
      for (const id of missed) expect(await afterCommitOf(id, ['Edge1MSP', 'Edge2MSP'])).toEqual(WITHOUT_THIRD);
    } finally {
      network.signal('edge3-peer', 'SIGCONT');
    }
    for (const id of missed) await untilConfirmed(edge1, id);
  });

  it('lack the one of a killed peer, by name; when it is up again its stream goes on where it was', async () => {
    network.signal('edge3-peer', 'SIGKILL');
    const { transactionId } = await share(edge1);
    expect(await afterCommitOf(transactionId, ['Edge1MSP', 'Edge2MSP'])).toEqual(WITHOUT_THIRD);
    await network.restore();
    await untilConfirmed(edge1, transactionId);
  });

  it('are seen again after the own peer was killed', async () => {
    network.signal('edge1-peer', 'SIGKILL');
    const { transactionId } = await share(edge2);
    await network.restore();
    await untilConfirmed(edge1, transactionId);
    await untilConfirmed(edge1, (await share(edge1)).transactionId);
  });
});

describe('events', () => {
  /** Reads from the checkpoint until all of these have come; gives the blocks' numbers, the ids, and where it stopped. */
  async function readUntil(ledger: Ledger, from: EventCheckpoint | null, wanted: readonly string[]) {
    const stop = new AbortController();
    const numbers: number[] = [];
    const ids: string[] = [];
    let checkpoint = from;
    for await (const { blockNumber, genesisSha256, events } of ledger.events(from, stop.signal)) {
      numbers.push(blockNumber);
      ids.push(...events.flatMap(({ payload }) => payload.metadataIds ?? []));
      checkpoint = { genesisSha256, nextBlock: blockNumber + 1 };
      if (wanted.every((id) => ids.includes(id))) break;
    }
    stop.abort();
    return { numbers, ids, checkpoint };
  }

  it('go on from the checkpoint of an agent that was killed: none is lost, none comes twice', async () => {
    const { height, genesisSha256 } = await edge1.freshView();
    const reader = await network.connect('edge1');
    const before = await share(edge2);
    const first = await readUntil(reader, { genesisSha256, nextBlock: height }, [before.metadataId]);
    // Its own end and its peer's, at once.
    await reader.close();
    network.signal('edge1-peer', 'SIGKILL');
    const between = await share(edge2);
    await network.restore();
    const after = await share(edge2);
    const again = await network.connect('edge1');
    const second = await readUntil(again, first.checkpoint, [after.metadataId]);
    await again.close();
    expect([...first.ids, ...second.ids]).toEqual([before.metadataId, between.metadataId, after.metadataId]);
    const numbers = [...first.numbers, ...second.numbers];
    expect(numbers).toEqual(numbers.map((_, place) => height + place));
  });

  it('are those of the new network once it was reset, whatever the old checkpoint says', async () => {
    const old = await edge1.freshView();
    await network.reset();
    await registerAll();
    const { genesisSha256, height } = await edge1.freshView();
    expect(genesisSha256).not.toBe(old.genesisSha256);
    const reader = await network.connect('edge1');
    // Further than the new network is: an agent that believed it would hear nothing.
    const stale = { genesisSha256: old.genesisSha256, nextBlock: old.height + height };
    const state = { isRead: false };
    const reading = readUntil(reader, stale, []).finally(() => (state.isRead = true));
    // Where "now" is, the stream decides: what is committed before that is not shown.
    let transactionId = '';
    while (!state.isRead) ({ transactionId } = await share(edge2));
    const { checkpoint, numbers } = await reading;
    expect(checkpoint?.genesisSha256).toBe(genesisSha256);
    expect(numbers[0]).toBeGreaterThanOrEqual(height);
    await untilConfirmed(edge1, transactionId);
    await reader.close();
  });
});

import { randomUUID } from 'node:crypto';
import { transactionIdIn } from '../../agent/domain/ledger-retry';
import type { BlockEvents, Ledger } from '../../agent/ports/ledger';
import { waitUntil } from '../../network/processes';
import { ledgerContract } from '../contract/ledger.contract';
import { startFabricForTests } from '../support/fabric-network';
import type { TestNetwork } from '../support/fabric-network';
import { containerFacts, nodeProfile } from '../support/ledger-samples';
import { renewalTest } from './support/renewal';
import { hasGatewayService } from './support/fabric-version';

jest.setTimeout(120_000);

const freshId = (prefix: string): string => `${prefix}-${randomUUID()}`;
const sharing = (metadataId = freshId('meta')) =>
  [{ metadataId, instanceId: null, container: containerFacts() }] as const;

let network: TestNetwork;
let edge1: Ledger;
let edge2: Ledger;

async function register(cluster: string): Promise<Ledger> {
  const admin = await network.connect(cluster, 'admin');
  const agentCertificatePem = await network.agentCertificatePem(cluster);
  await admin.submit('NodeContract:Register', [{ ...nodeProfile(cluster), agentCertificatePem }]);
  await admin.close();
  return network.connect(cluster);
}

/** A fault of the network, taken back whatever the test finds. */
async function during<T>(fault: readonly [string, NodeJS.Signals], run: () => Promise<T>): Promise<T> {
  network.signal(...fault);
  try {
    return await run();
  } finally {
    if (fault[1] === 'SIGSTOP') network.signal(fault[0], 'SIGCONT');
    else await network.restore();
  }
}

/** A submit whose outcome stays unknown for now; gives its transaction id. */
async function unknownTransaction(metadataId: string): Promise<string> {
  const submit = edge1.submit('MetadataContract:Share', [...sharing(metadataId)], { timeoutMs: 5_000 });
  const failure = await submit.then(
    () => null,
    (error: unknown) => error as Error,
  );
  expect(failure).toMatchObject({ code: 'BLOSM_E_OUTCOME_UNKNOWN', stage: 'commit' });
  return transactionIdIn(failure?.message ?? '') ?? '';
}

beforeAll(async () => {
  network = await startFabricForTests();
  [edge1, edge2] = [await register('edge1'), await register('edge2')];
  await register('edge3');
});

afterAll(async () => {
  await network.down();
});

describe('the contract of the port, on a real network', () => {
  const nodeIds = ['Edge1MSP', 'Edge2MSP', 'Edge3MSP'];
  ledgerContract(() => Promise.resolve({ nodeIds, first: edge1, second: edge2, freshId }));
});

describe('endorsement', () => {
  it('takes two organisations of three', async () => {
    const { transactionId } = await edge1.submit('MetadataContract:Share', [...sharing()]);
    const { endorserMspIds } = await edge1.transaction(transactionId);
    expect(new Set(endorserMspIds).size).toBe(2);
  });

  // Before any peer is killed: one that comes back is asked again only once the others' gossip has found it.
  it('does without a peer that hangs', async () => {
    await during(['edge2-peer', 'SIGSTOP'], async () => {
      for (let turn = 0; turn < 4; turn += 1) await edge1.submit('MetadataContract:Share', [...sharing()]);
    });
  });

  it('does without a peer that is gone', async () => {
    await during(['edge3-peer', 'SIGKILL'], async () => {
      for (let turn = 0; turn < 4; turn += 1) {
        const { transactionId } = await edge1.submit('MetadataContract:Share', [...sharing()]);
        const { endorserMspIds } = await edge1.transaction(transactionId);
        expect([...endorserMspIds].sort()).toEqual(['Edge1MSP', 'Edge2MSP']);
      }
    });
  });

  it('ends at the deadline when too few are there, and says who', async () => {
    await during(['edge2-peer', 'SIGKILL'], () =>
      during(['edge3-peer', 'SIGKILL'], async () => {
        const submit = edge1.submit('MetadataContract:Share', [...sharing()], { timeoutMs: 3_000 });
        await expect(submit).rejects.toMatchObject({
          code: 'BLOSM_E_LEDGER_UNREACHABLE',
          stage: 'endorse',
          message: expect.stringMatching(/127\.0\.0\.1:\d+: .*ECONNREFUSED/) as unknown,
        });
      }),
    );
  });

  it('refuses an identity of another organisation at once', async () => {
    const stranger = await network.connect('edge1', 'agent', { identityOf: 'edge2' });
    await expect(stranger.query('NodeContract:List', [])).rejects.toMatchObject({ code: 'BLOSM_E_FORBIDDEN' });
    await stranger.close();
  });
});

describe('the other adapter', () => {
  it('works where the peer has a gateway service, and says what to do where it has none', async () => {
    const other = await network.connect('edge1', 'agent', { adapter: 'fabric-gateway' });
    const [list, submit] = await Promise.allSettled([
      other.query('NodeContract:List', []),
      other.submit('MetadataContract:Share', [...sharing()]),
    ]);
    if (hasGatewayService(network.state.binaries.version)) {
      expect(list).toMatchObject({ value: { length: 3 } });
      expect(submit).toMatchObject({ value: { result: { nodeId: 'Edge1MSP' } } });
    } else {
      const refusal = {
        code: 'BLOSM_E_PREREQUISITE',
        message: expect.stringContaining('edge1-peer') as unknown,
        hint: 'Set ledger.adapter to fabric-network, or upgrade the peer to Fabric 2.4 or later.',
      };
      expect(list).toMatchObject({ reason: refusal });
      expect(submit).toMatchObject({ reason: refusal });
    }
    await other.close();
  });
});

describe('a renewed certificate', () => {
  renewalTest(() => network, 'fabric-network');
});

describe('conflicts', () => {
  it('gives all of several equal submits the same result', async () => {
    const argument = sharing();
    const all = await Promise.all([1, 2, 3, 4].map(() => edge1.submit('MetadataContract:Share', [...argument])));
    const [first] = all;
    for (const each of all) expect(each.result).toEqual(first?.result);
    expect(new Set(all.map(({ transactionId }) => transactionId)).size).toBe(4);
  });
});

describe('the orderer', () => {
  it('is waited for while it has no leader', async () => {
    await during(['orderer', 'SIGKILL'], async () => {
      const submit = edge1.submit('MetadataContract:Share', [...sharing()], { timeoutMs: 60_000 });
      await network.restore();
      expect((await submit).transactionId).toMatch(/^[0-9a-f]{64}$/);
    });
  });

  it('that is down makes a submit and a fresh view fail, and nothing is ordered', async () => {
    const metadataId = freshId('meta');
    await during(['orderer', 'SIGKILL'], async () => {
      // First what only asks: an envelope on a connection whose end has not been heard of yet may have arrived.
      const view = edge1.freshView({ timeoutMs: 2_000 });
      await expect(view).rejects.toMatchObject({ code: 'BLOSM_E_LEDGER_UNREACHABLE', stage: 'order' });
      const submit = edge1.submit('MetadataContract:Share', [...sharing(metadataId)], { timeoutMs: 2_000 });
      await expect(submit).rejects.toMatchObject({ code: 'BLOSM_E_LEDGER_UNREACHABLE', stage: 'order' });
    });
    await edge1.submit('MetadataContract:Share', [...sharing()]);
    const get = edge1.query('MetadataContract:Get', [metadataId]);
    await expect(get).rejects.toMatchObject({ code: 'BLOSM_E_NOT_FOUND' });
  });

  it('that hangs leaves the outcome unknown; what the ledger tells holds', async () => {
    const metadataId = freshId('meta');
    const transactionId = await during(['orderer', 'SIGSTOP'], () => unknownTransaction(metadataId));
    await edge1.submit('MetadataContract:Share', [...sharing()]);
    const { status } = await edge1.settle(transactionId);
    const isThere = await edge1.query('MetadataContract:Get', [metadataId]).then(
      () => true,
      () => false,
    );
    expect([status, isThere]).toEqual(isThere ? ['valid', true] : ['absent', false]);
  });

  it('leaves the outcome unknown when the caller cancels after the envelope left', async () => {
    const stop = new AbortController();
    await during(['orderer', 'SIGSTOP'], async () => {
      const submit = edge1.submit('MetadataContract:Share', [...sharing()], { signal: stop.signal });
      setTimeout(() => stop.abort(), 4_000);
      await expect(submit).rejects.toMatchObject({ code: 'BLOSM_E_OUTCOME_UNKNOWN' });
    });
  });
});

describe('the own peer', () => {
  it('that is down is named, and is used again once it is back', async () => {
    await during(['edge1-peer', 'SIGKILL'], async () => {
      const query = edge1.query('NodeContract:List', [], { timeoutMs: 2_000 });
      await expect(query).rejects.toMatchObject({
        code: 'BLOSM_E_LEDGER_UNREACHABLE',
        message: expect.stringContaining('edge1-peer') as unknown,
      });
    });
    await edge1.submit('MetadataContract:Share', [...sharing()]);
  });

  it('that hangs after the others endorsed leaves the outcome unknown until it tells', async () => {
    const metadataId = freshId('meta');
    await edge1.submit('MetadataContract:Share', [...sharing()]);
    const transactionId = await during(['edge1-peer', 'SIGSTOP'], () => unknownTransaction(metadataId));
    await edge1.freshView();
    expect(await edge1.settle(transactionId)).toMatchObject({ status: 'valid' });
    expect(await edge1.query('MetadataContract:Get', [metadataId])).toMatchObject({ metadataId });
  });

  it('delivers events over its restart in order, without gaps, each once', async () => {
    const { height, genesisSha256 } = await edge1.freshView();
    const stop = new AbortController();
    const seen: BlockEvents[] = [];
    const reading = (async () => {
      for await (const block of edge1.events({ genesisSha256, nextBlock: height }, stop.signal)) seen.push(block);
    })();
    const wanted = [freshId('meta'), freshId('meta'), freshId('meta')];
    await edge2.submit('MetadataContract:Share', [...sharing(wanted[0])]);
    await waitUntil(() => seen.length > 0, { deadlineMs: 20_000, what: 'the first block' });
    await during(['edge1-peer', 'SIGKILL'], async () => {
      await edge2.submit('MetadataContract:Share', [...sharing(wanted[1])]);
    });
    await edge2.submit('MetadataContract:Share', [...sharing(wanted[2])]);
    const ids = () => seen.flatMap(({ events }) => events.flatMap(({ payload }) => payload.metadataIds ?? []));
    await waitUntil(() => ids().length >= wanted.length, { deadlineMs: 30_000, what: 'the last event' });
    stop.abort();
    await reading;
    expect(ids()).toEqual(wanted);
    expect(seen.map(({ blockNumber }) => blockNumber)).toEqual(seen.map((_, place) => height + place));
  });

  it('ends the events when the signal fires, also while nothing comes', async () => {
    const stop = new AbortController();
    const next = edge1.events(null, stop.signal)[Symbol.asyncIterator]().next();
    stop.abort();
    expect(await next).toEqual({ done: true, value: undefined });
  });
});

describe('logging', () => {
  it('brings the lines of the SDK and of the adapter into the log, warnings for what matters only', () => {
    const levels = new Set(network.lines.map(({ level }) => level));
    expect(levels.has('error')).toBe(false);
    expect(network.lines.some(({ message }) => message.includes('stream of blocks broke'))).toBe(true);
  });
});

it('a closed connection refuses further calls', async () => {
  const ledger = await network.connect('edge3');
  await ledger.close();
  await expect(ledger.tip()).rejects.toMatchObject({ code: 'BLOSM_E_CANCELLED' });
});

import type { BlockEvents, Ledger } from '../../agent/ports/ledger';
import { waitUntil } from '../../network/processes';
import { startFabricForTests } from '../support/fabric-network';
import type { TestNetwork } from '../support/fabric-network';
import { hasGatewayService } from './support/fabric-version';
import {
  during,
  freshId,
  ledgersOn,
  ledgerSuite,
  sharing,
  unknownTransaction,
  type LedgersUnderTest,
} from './support/ledger-suite';

jest.setTimeout(120_000);

let under: LedgersUnderTest;
let network: TestNetwork;
let edge1: Ledger;
let edge2: Ledger;

beforeAll(async () => {
  network = await startFabricForTests();
  under = await ledgersOn(network, 'fabric-network');
  ({ edge1, edge2 } = under);
});

afterAll(async () => {
  await network.down();
});

describe('endorsement, at first', () => {
  // Before any peer is killed: one that comes back is asked again only once the others' gossip has found it.
  it('does without a peer that hangs', async () => {
    await during(network, ['edge2-peer', 'SIGSTOP'], async () => {
      for (let turn = 0; turn < 4; turn += 1) await edge1.submit('MetadataContract:Share', [...sharing()]);
    });
  });
});

ledgerSuite('fabric-network', () => under);

describe('endorsement', () => {
  it('ends at the deadline when too few are there, and says who', async () => {
    await during(network, ['edge2-peer', 'SIGKILL'], () =>
      during(network, ['edge3-peer', 'SIGKILL'], async () => {
        const submit = edge1.submit('MetadataContract:Share', [...sharing()], { timeoutMs: 3_000 });
        await expect(submit).rejects.toMatchObject({
          code: 'BLOSM_E_LEDGER_UNREACHABLE',
          stage: 'endorse',
          message: expect.stringMatching(/127\.0\.0\.1:\d+: .*ECONNREFUSED/) as unknown,
        });
      }),
    );
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

describe('the own peer', () => {
  it('that hangs after the others endorsed leaves the outcome unknown until it tells', async () => {
    const metadataId = freshId('meta');
    await edge1.submit('MetadataContract:Share', [...sharing()]);
    const transactionId = await during(network, ['edge1-peer', 'SIGSTOP'], () => unknownTransaction(edge1, metadataId));
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
    await during(network, ['edge1-peer', 'SIGKILL'], async () => {
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

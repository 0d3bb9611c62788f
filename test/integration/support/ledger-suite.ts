import { randomUUID } from 'node:crypto';
import { transactionIdIn } from '../../../agent/domain/ledger-retry';
import type { Ledger } from '../../../agent/ports/ledger';
import type { BlosmError } from '../../../chaincode/src/model';
import { waitUntil } from '../../../network/processes';
import { ledgerContract } from '../../contract/ledger.contract';
import type { LedgerAdapter, TestNetwork } from '../../support/fabric-network';
import { containerFacts } from '../../support/ledger-samples';
import { registerNode } from './real-nodes';
import { renewalTest } from './renewal';

/** A network of three with a registered node each, and the connections of the first two. */
export interface LedgersUnderTest {
  readonly network: TestNetwork;
  readonly edge1: Ledger;
  readonly edge2: Ledger;
}

/** Registers the nodes and connects the first two agents by the adapter. */
export async function ledgersOn(network: TestNetwork, adapter: LedgerAdapter): Promise<LedgersUnderTest> {
  const [edge1, edge2] = [
    await registerNode(network, 'edge1', { adapter }),
    await registerNode(network, 'edge2', { adapter }),
  ];
  await (await registerNode(network, 'edge3', { adapter })).close();
  return { network, edge1, edge2 };
}

export const freshId = (prefix: string): string => `${prefix}-${randomUUID()}`;
/** Arguments of a transaction that nothing stands in the way of. */
export const sharing = (metadataId = freshId('meta')) =>
  [{ metadataId, instanceId: null, container: containerFacts() }] as const;

/** A fault of the network, taken back whatever the test finds. */
export async function during<T>(
  network: TestNetwork,
  [processName, kind]: readonly [string, NodeJS.Signals],
  run: () => Promise<T>,
): Promise<T> {
  network.signal(processName, kind);
  try {
    return await run();
  } finally {
    if (kind === 'SIGSTOP') network.signal(processName, 'SIGCONT');
    else await network.restore();
  }
}

/** A submit whose outcome stays unknown for now; gives its transaction id. */
export async function unknownTransaction(ledger: Ledger, metadataId: string): Promise<string> {
  const attempt = async (): Promise<Error | null | undefined> => {
    const submit = ledger.submit('MetadataContract:Share', [...sharing(metadataId)], { timeoutMs: 5_000 });
    const failure = await submit.then(
      () => null,
      (error: unknown) => error as BlosmError,
    );
    // Those who are to endorse may just have come back from another test's fault: nothing was sent then.
    const isTooSoon = failure?.code === 'BLOSM_E_LEDGER_UNREACHABLE' && failure.stage === 'endorse';
    return isTooSoon ? undefined : failure;
  };
  const failure = await waitUntil(attempt, { deadlineMs: 40_000, what: `${metadataId} to be endorsed` });
  expect(failure).toMatchObject({ code: 'BLOSM_E_OUTCOME_UNKNOWN', stage: 'commit' });
  return transactionIdIn(failure?.message ?? '') ?? '';
}

/** What holds on a real network whichever adapter is chosen, its faults included. */
export function ledgerSuite(adapter: LedgerAdapter, under: () => LedgersUnderTest): void {
  const submit = (ledger: Ledger, metadataId?: string) =>
    ledger.submit('MetadataContract:Share', [...sharing(metadataId)]);

  describe('the contract of the port, on a real network', () => {
    const nodeIds = ['Edge1MSP', 'Edge2MSP', 'Edge3MSP'];
    ledgerContract(() => Promise.resolve({ nodeIds, first: under().edge1, second: under().edge2, freshId }));
  });

  describe('endorsement', () => {
    it('takes two organisations of three', async () => {
      const { edge1 } = under();
      const { transactionId } = await submit(edge1);
      const { endorserMspIds } = await edge1.transaction(transactionId);
      expect(new Set(endorserMspIds).size).toBe(2);
    });

    it('does without a peer that is gone', async () => {
      const { network, edge1 } = under();
      await during(network, ['edge3-peer', 'SIGKILL'], async () => {
        for (let turn = 0; turn < 4; turn += 1) {
          const { transactionId } = await submit(edge1);
          const { endorserMspIds } = await edge1.transaction(transactionId);
          expect([...endorserMspIds].sort()).toEqual(['Edge1MSP', 'Edge2MSP']);
        }
      });
    });

    it('refuses an identity of another organisation at once', async () => {
      const stranger = await under().network.connect('edge1', 'agent', { identityOf: 'edge2', adapter });
      await expect(stranger.query('NodeContract:List', [])).rejects.toMatchObject({ code: 'BLOSM_E_FORBIDDEN' });
      await expect(submit(stranger)).rejects.toMatchObject({
        code: 'BLOSM_E_FORBIDDEN',
        hint: expect.stringContaining('blosm identity show') as unknown,
      });
      await stranger.close();
    });
  });

  describe('a renewed certificate', () => {
    renewalTest(() => under().network, adapter);
  });

  describe('conflicts', () => {
    it('gives all of several equal submits the same result', async () => {
      const metadataId = freshId('meta');
      const all = await Promise.all([1, 2, 3, 4].map(() => submit(under().edge1, metadataId)));
      for (const each of all) expect(each.result).toEqual(all[0]?.result);
      expect(new Set(all.map(({ transactionId }) => transactionId)).size).toBe(4);
    });
  });

  describe('the orderer', () => {
    it('is waited for while it has no leader', async () => {
      const { network, edge1 } = under();
      await during(network, ['orderer', 'SIGKILL'], async () => {
        const waiting = edge1.submit('MetadataContract:Share', [...sharing()], { timeoutMs: 60_000 });
        await network.restore();
        expect((await waiting).transactionId).toMatch(/^[0-9a-f]{64}$/);
      });
    });

    it('that is down makes a submit and a fresh view fail, and nothing is ordered', async () => {
      const { network, edge1 } = under();
      const metadataId = freshId('meta');
      await during(network, ['orderer', 'SIGKILL'], async () => {
        // First what only asks: an envelope on a connection whose end has not been heard of yet may have arrived.
        const view = edge1.freshView({ timeoutMs: 2_000 });
        await expect(view).rejects.toMatchObject({ code: 'BLOSM_E_LEDGER_UNREACHABLE', stage: 'order' });
        const late = edge1.submit('MetadataContract:Share', [...sharing(metadataId)], { timeoutMs: 2_000 });
        await expect(late).rejects.toMatchObject({ code: 'BLOSM_E_LEDGER_UNREACHABLE', stage: 'order' });
      });
      await submit(edge1);
      const get = edge1.query('MetadataContract:Get', [metadataId]);
      await expect(get).rejects.toMatchObject({ code: 'BLOSM_E_NOT_FOUND' });
    });

    it('that hangs leaves the outcome unknown; what the ledger tells holds', async () => {
      const { network, edge1 } = under();
      const metadataId = freshId('meta');
      const transactionId = await during(network, ['orderer', 'SIGSTOP'], () => unknownTransaction(edge1, metadataId));
      await submit(edge1);
      const { status } = await edge1.settle(transactionId);
      const isThere = await edge1.query('MetadataContract:Get', [metadataId]).then(
        () => true,
        () => false,
      );
      expect([status, isThere]).toEqual(isThere ? ['valid', true] : ['absent', false]);
    });

    it('leaves the outcome unknown when the caller cancels after the envelope left', async () => {
      const { network, edge1 } = under();
      const stop = new AbortController();
      await during(network, ['orderer', 'SIGSTOP'], async () => {
        const cancelled = edge1.submit('MetadataContract:Share', [...sharing()], { signal: stop.signal });
        setTimeout(() => stop.abort(), 4_000);
        await expect(cancelled).rejects.toMatchObject({ code: 'BLOSM_E_OUTCOME_UNKNOWN' });
      });
    });
  });

  describe('the own peer', () => {
    it('that is down is named, and is used again once it is back', async () => {
      const { network, edge1 } = under();
      await during(network, ['edge1-peer', 'SIGKILL'], async () => {
        const query = edge1.query('NodeContract:List', [], { timeoutMs: 2_000 });
        await expect(query).rejects.toMatchObject({
          code: 'BLOSM_E_LEDGER_UNREACHABLE',
          message: expect.stringContaining('edge1-peer') as unknown,
        });
      });
      await submit(edge1);
    });
  });
}

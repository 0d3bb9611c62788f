import { randomUUID } from 'node:crypto';
import { transactionIdIn } from '../../agent/domain/ledger-retry';
import type { Ledger } from '../../agent/ports/ledger';
import { ledgerContract } from '../contract/ledger.contract';
import { startFabricForTests } from '../support/fabric-network';
import type { TestNetwork } from '../support/fabric-network';
import { containerFacts, nodeProfile } from '../support/ledger-samples';
import { renewalTest } from './support/renewal';
import { gatewayUnavailable } from './support/fabric-version';
import { describeHere } from './support/real-sandbox';

jest.setTimeout(120_000);

const BASE_PORT = 17_150;
const gateway = { adapter: 'fabric-gateway' } as const;
const freshId = (prefix: string): string => `${prefix}-${randomUUID()}`;
const sharing = (metadataId = freshId('meta')) =>
  [{ metadataId, instanceId: null, container: containerFacts() }] as const;

describeHere('the ledger by the gateway service of the own peer, on a real network', gatewayUnavailable(), () => {
  let network: TestNetwork;
  let edge1: Ledger;
  let edge2: Ledger;

  async function register(cluster: string): Promise<Ledger> {
    const admin = await network.connect(cluster, 'admin', gateway);
    const agentCertificatePem = await network.agentCertificatePem(cluster);
    await admin.submit('NodeContract:Register', [{ ...nodeProfile(cluster), agentCertificatePem }]);
    await admin.close();
    return network.connect(cluster, 'agent', gateway);
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
    network = await startFabricForTests(BASE_PORT);
    [edge1, edge2] = [await register('edge1'), await register('edge2')];
    await register('edge3');
  });

  afterAll(async () => {
    await network.down();
  });

  describe('keeps the contract of the port', () => {
    ledgerContract(() => Promise.resolve({ first: edge1, second: edge2, freshId }));
  });

  it('takes two organisations of three', async () => {
    const { transactionId } = await edge1.submit('MetadataContract:Share', [...sharing()]);
    const { endorserMspIds } = await edge1.transaction(transactionId);
    expect(new Set(endorserMspIds).size).toBe(2);
    expect(endorserMspIds).toContain('Edge1MSP');
  });

  it('gives all of several equal submits the same result', async () => {
    const argument = sharing();
    const all = await Promise.all([1, 2, 3, 4].map(() => edge1.submit('MetadataContract:Share', [...argument])));
    for (const each of all) expect(each.result).toEqual(all[0]?.result);
    expect(new Set(all.map(({ transactionId }) => transactionId)).size).toBe(4);
  });

  it('does without a peer of another organisation that is gone', async () => {
    await during(['edge3-peer', 'SIGKILL'], async () => {
      for (let turn = 0; turn < 4; turn += 1) await edge1.submit('MetadataContract:Share', [...sharing()]);
    });
  });

  it('refuses an identity of another organisation at once', async () => {
    const stranger = await network.connect('edge1', 'agent', { identityOf: 'edge2', ...gateway });
    await expect(stranger.query('NodeContract:List', [])).rejects.toMatchObject({ code: 'BLOSM_E_FORBIDDEN' });
    const submit = stranger.submit('MetadataContract:Share', [...sharing()]);
    await expect(submit).rejects.toMatchObject({ code: 'BLOSM_E_FORBIDDEN' });
    await stranger.close();
  });

  it('waits for an orderer that has no leader yet', async () => {
    await during(['orderer', 'SIGKILL'], async () => {
      const submit = edge1.submit('MetadataContract:Share', [...sharing()], { timeoutMs: 60_000 });
      await network.restore();
      expect((await submit).transactionId).toMatch(/^[0-9a-f]{64}$/);
    });
  });

  it('says that nothing was ordered while the orderer is down', async () => {
    const metadataId = freshId('meta');
    await during(['orderer', 'SIGKILL'], async () => {
      const submit = edge1.submit('MetadataContract:Share', [...sharing(metadataId)], { timeoutMs: 2_000 });
      const failure = await submit.then(
        () => null,
        (error: unknown) => error as Error,
      );
      expect(failure).toMatchObject({ code: 'BLOSM_E_LEDGER_UNREACHABLE', stage: 'order' });
    });
    await edge1.submit('MetadataContract:Share', [...sharing()]);
    const get = edge1.query('MetadataContract:Get', [metadataId]);
    await expect(get).rejects.toMatchObject({ code: 'BLOSM_E_NOT_FOUND' });
  });

  it('leaves the outcome unknown while the orderer hangs; what the ledger tells holds', async () => {
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

  renewalTest(() => network, 'fabric-gateway');

  it('names an own peer that is down, and uses it again once it is back', async () => {
    await during(['edge1-peer', 'SIGKILL'], async () => {
      const named = { code: 'BLOSM_E_LEDGER_UNREACHABLE', message: expect.stringContaining('edge1-peer') as unknown };
      await expect(edge1.query('NodeContract:List', [], { timeoutMs: 2_000 })).rejects.toMatchObject(named);
      const submit = edge1.submit('MetadataContract:Share', [...sharing()], { timeoutMs: 2_000 });
      await expect(submit).rejects.toMatchObject({ ...named, stage: 'endorse' });
    });
    await edge1.submit('MetadataContract:Share', [...sharing()]);
  });
});

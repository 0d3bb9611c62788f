import { randomUUID } from 'node:crypto';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../agent/adapters/clock';
import { openIdentity } from '../../../agent/adapters/identity';
import { openLedger } from '../../../agent/daemon/ledger';
import type { BlockEvents } from '../../../agent/ports/ledger';
import { clusterFabricFiles } from '../../../network/fabric';
import { waitUntil } from '../../../network/processes';
import { FakeLog } from '../../fakes/log';
import type { LedgerAdapter, TestNetwork } from '../../support/fabric-network';
import { containerFacts, nodeProfile } from '../../support/ledger-samples';
import { issueAgent } from '../../support/renewed-agent';

const CLUSTER = 'edge3';

/** The agent's certificate is replaced while it runs: registered by the admin, then written over the files. */
export function renewalTest(networkOf: () => TestNetwork, adapter: LedgerAdapter): void {
  it('is used from the next call on, without a restart', async () => {
    const network = networkOf();
    const { state, stateFolder } = network;
    const files = clusterFabricFiles(state, CLUSTER);
    const certificate = join(stateFolder, `${adapter}-cert.pem`);
    const privateKey = join(stateFolder, `${adapter}-key.pem`);
    copyFileSync(files.agentCertificate, certificate);
    copyFileSync(files.agentKey, privateKey);
    const admin = await network.connect(CLUSTER, 'admin', { adapter });
    const register = (agentCertificatePem: string) =>
      admin.submit('NodeContract:Register', [{ ...nodeProfile(CLUSTER), agentCertificatePem }]);
    await register(await network.agentCertificatePem(CLUSTER));

    const log = new FakeLog();
    const parts = { log, clock: systemClock };
    const identity = await openIdentity({ certificate, privateKey }, { ...parts, pollMs: 200 });
    const { connectionProfile, mspId } = files;
    const { channel } = state;
    const config = {
      ledger: { adapter, connectionProfile, channel, chaincode: 'blosm', certificate, privateKey, asLocalhost: false },
      cluster: { mspId },
      confirmation: { source: 'records' },
    } as const;
    const ledger = await openLedger(config, identity, parts);
    const share = () => {
      const metadataId = `meta-${randomUUID()}`;
      return ledger.submit('MetadataContract:Share', [{ metadataId, instanceId: null, container: containerFacts() }]);
    };
    const stop = new AbortController();
    const seen: BlockEvents[] = [];
    const reading = (async () => {
      for await (const block of ledger.events(null, stop.signal)) seen.push(block);
    })();
    try {
      // What is committed before the stream has its position is not shown.
      while (seen.length === 0) await share();
      const before = await share();
      const pair = await issueAgent(stateFolder, CLUSTER, mspId);
      await register(pair.certificatePem);
      // The old certificate is not the agent's any more.
      await expect(share()).rejects.toMatchObject({ code: 'BLOSM_E_FORBIDDEN' });
      writeFileSync(certificate, pair.certificatePem);
      await waitUntil(() => log.messages('warn').length > 0, { deadlineMs: 10_000, what: 'half a pair to be seen' });
      await expect(share()).rejects.toMatchObject({ code: 'BLOSM_E_FORBIDDEN' });
      writeFileSync(privateKey, pair.privateKeyPem);
      const renewed = () => log.messages('info').some((message) => /renewed certificate/.test(message));
      await waitUntil(renewed, { deadlineMs: 10_000, what: 'the renewed pair to be taken over' });
      const after = await share();
      const numbers = () => seen.map(({ blockNumber }) => blockNumber);
      const isSeen = () => numbers().includes(after.blockNumber);
      await waitUntil(isSeen, { deadlineMs: 10_000, what: 'the event of the last transaction' });
      // The stream went on by the new connection: in order, without gaps, each once.
      expect(numbers()).toContain(before.blockNumber);
      expect(numbers()).toEqual(numbers().map((_, place) => (numbers()[0] ?? 0) + place));
    } finally {
      stop.abort();
      await reading;
      await ledger.close();
      await identity.close();
      await register(await network.agentCertificatePem(CLUSTER));
      await admin.close();
    }
  });
}

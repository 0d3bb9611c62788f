import type { FabricStatus } from '../../network/fabric';
import type { SandboxStatus } from '../../network/sandbox';

const component = (name: string, kind: 'orderer' | 'peer' | 'chaincode', cluster: string | null) => ({
  ...{ name, kind, cluster, pid: 4711, address: '127.0.0.1:7050', healthy: true },
  ...{ version: '2.1.1', height: kind === 'chaincode' ? null : 7, logFile: `/state/${name}.log` },
});

export const aFabricStatus = (): FabricStatus => ({
  channel: 'blosm',
  fabricVersion: '2.1.1',
  chaincode: { label: 'blosm_1', sequence: 1 },
  unfinished: null,
  healthy: true,
  components: [
    component('orderer', 'orderer', null),
    component('edge1-peer', 'peer', 'edge1'),
    component('edge1-chaincode', 'chaincode', 'edge1'),
  ],
});

export const aSandboxStatus = (): SandboxStatus => ({
  stateDir: '/state',
  machineRuns: '/state',
  bridge: true,
  orderer: { name: 'orderer', address: '10.88.0.2', exists: true },
  registry: { name: 'registry', address: '10.88.0.3', exists: true, answers: true },
  clusters: [{ name: 'edge1', address: '10.88.1.1', exists: true, engineAnswers: true, agentAnswers: true }],
});

const deployment = { sequence: 1, label: 'blosm_1', contentSha256: 'a'.repeat(64), place: 0 } as const;

/** The part of a network's state that the command line reads. */
export const aFabricState = () => ({
  folder: '/state/fabric',
  clusters: [{ name: 'edge1', mspId: 'Edge1MSP' }],
  membership: { added: [], removed: [{ name: 'edge9', mspId: 'Edge9MSP' }] },
  deployment,
});

/** `network/fabric` without processes: what it was asked to do is in `calls`. */
export function fakeFabric(calls: string[]) {
  const did =
    <T>(name: string, outcome: T) =>
    () => {
      calls.push(name);
      return Promise.resolve(outcome);
    };
  const changed = { state: aFabricState(), deployment, changed: true };
  return {
    readFabricState: aFabricState,
    fabricStatus: () => Promise.resolve(aFabricStatus()),
    localPlacement: () => ({}),
    chaincodeSource: (folder: string) => folder,
    chaincodeSha256: () => 'b'.repeat(64),
    findBinaries: () => Promise.resolve({ version: '2.5.16' }),
    clusterFabricFiles: () => ({ connectionProfile: 'connection.json', agentCertificate: 'c.pem', agentKey: 'k.pem' }),
    fabricUp: did('up', { started: ['orderer'] }),
    fabricDown: did('down', ['orderer']),
    fabricReset: did('reset', undefined),
    fabricDeploy: did('deploy', changed),
    fabricUpgrade: did('upgrade', changed),
    fabricUpgradePrograms: did('programs', { from: '2.1.1', to: '2.5.16', restarted: ['orderer'] }),
    fabricAddOrganization: did('add', changed),
    fabricRemoveOrganization: did('remove', changed),
  };
}

/** `network/sandbox` in the same way. */
export const fakeSandbox = (calls: string[]) => ({
  sandboxStatus: () => Promise.resolve(aSandboxStatus()),
  sandboxUp: () => Promise.resolve(calls.push('sandbox up')),
  sandboxDown: () => Promise.resolve(calls.push('sandbox down')),
});

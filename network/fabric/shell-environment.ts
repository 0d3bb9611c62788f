import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shellLine } from '../processes';
import { fabricLayout } from './layout';
import { clusterNodes, peerAddress, type ClusterNode } from './nodes/peer';
import { ordererFlags } from './peer-cli';
import type { FabricState } from './state';

/**
 * Writes for each cluster `admin.sh` and `agent.sh`: sourced in bash, they let the `peer` program speak to the
 * cluster's peer as the organisation's admin or agent, by hand.
 */
export function writeShellEnvironments(state: FabricState): void {
  const layout = fabricLayout(state.folder);
  for (const node of clusterNodes(state)) {
    for (const user of ['admin', 'agent'] as const) {
      writeFileSync(join(layout.organization(node).folder, `${user}.sh`), shellEnvironment(state, node, user));
    }
  }
}

function shellEnvironment(state: FabricState, node: ClusterNode, user: 'admin' | 'agent'): string {
  const files = fabricLayout(state.folder).organization(node);
  const variables = {
    FABRIC_CFG_PATH: state.binaries.configFolder,
    FABRIC_LOGGING_SPEC: 'info',
    CORE_PEER_LOCALMSPID: node.mspId,
    CORE_PEER_MSPCONFIGPATH: files[user].msp,
    CORE_PEER_ADDRESS: peerAddress(node),
    CORE_PEER_TLS_ENABLED: 'true',
    CORE_PEER_TLS_ROOTCERT_FILE: files.tlsCaCertificate,
  };
  const exports = Object.entries(variables).map(([name, value]) => `export ${name}=${shellLine([value])}`);
  return [
    `# Source this in bash: the peer program then speaks to ${node.name}'s peer as the ${user} of ${node.mspId}.`,
    `export PATH=${shellLine([state.binaries.binFolder])}:"$PATH"`,
    ...exports,
    '# For peer chaincode invoke: the orderer, every peer as endorser, and waiting until all of them have committed.',
    `TO_CHANNEL=(${shellLine(['-C', state.channel, '-n', state.chaincode, ...ordererFlags(state), ...endorserFlags(state)])})`,
    '# For peer chaincode query.',
    `ON_CHANNEL=(${shellLine(['-C', state.channel, '-n', state.chaincode])})`,
    '',
  ].join('\n');
}

function endorserFlags(state: FabricState): string[] {
  const layout = fabricLayout(state.folder);
  const flags = clusterNodes(state).flatMap((node) => [
    ...['--peerAddresses', peerAddress(node)],
    ...['--tlsRootCertFiles', layout.organization(node).tlsCaCertificate],
  ]);
  return [...flags, '--waitForEvent'];
}

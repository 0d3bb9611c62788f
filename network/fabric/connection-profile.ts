import { readFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { sync as writeFileAtomicSync } from 'write-file-atomic';
import { fabricLayout, ORDERER_ORGANIZATION, peerProcess } from './layout';
import { clusterNodes, peerAddress } from './nodes/peer';
import type { FabricState } from './state';

/**
 * Writes each cluster's connection profile (the JSON form that fabric-network reads): its own peer first, the others
 * as endorsers, the orderer; addresses as they are reached from everywhere.
 */
export function writeConnectionProfiles(state: FabricState): void {
  const layout = fabricLayout(state.folder);
  for (const { name } of state.clusters) {
    const path = layout.connectionProfile(name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileAtomicSync(path, `${JSON.stringify(connectionProfile(state, name), null, 2)}\n`);
  }
}

function connectionProfile(state: FabricState, ownCluster: string): object {
  const layout = fabricLayout(state.folder);
  const nodes = clusterNodes(state);
  const own = nodes.find(({ name }) => name === ownCluster);
  const ordererTlsCa = layout.organization(ORDERER_ORGANIZATION).tlsCaCertificate;
  const { address, ports } = state.placement.orderer;
  const endpoint = (url: string, tlsCaCertificate: string): object => ({
    url: `grpcs://${url}`,
    tlsCACerts: { pem: readFileSync(tlsCaCertificate, 'utf8') },
    grpcOptions: { 'grpc.keepalive_time_ms': 120_000 },
  });
  return {
    name: `${state.channel}-${ownCluster}`,
    version: '1.0.0',
    client: { organization: own?.mspId, connection: { timeout: { peer: { endorser: '30' } } } },
    organizations: Object.fromEntries(
      nodes.map(({ name, mspId }) => [mspId, { mspid: mspId, peers: [peerProcess(name)] }]),
    ),
    peers: Object.fromEntries(
      nodes.map((node) => [
        peerProcess(node.name),
        endpoint(peerAddress(node), layout.organization(node).tlsCaCertificate),
      ]),
    ),
    orderers: { orderer: endpoint(`${address}:${ports.orderer}`, ordererTlsCa) },
    channels: {
      [state.channel]: {
        orderers: ['orderer'],
        peers: Object.fromEntries(
          nodes.map(({ name }) => [
            peerProcess(name),
            {
              endorsingPeer: true,
              chaincodeQuery: true,
              ledgerQuery: name === ownCluster,
              eventSource: name === ownCluster,
              discover: name === ownCluster,
            },
          ]),
        ),
      },
    },
  };
}

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { inTurns, tryCommand, waitUntil } from '../processes';
import { hasAnchor } from './channel/configtx';
import { fabricLayout } from './layout';
import { fabricEnvironment } from './nodes/node-config';
import { clusterNodes, peerAddress, type ClusterNode } from './nodes/peer';
import { patienceMs } from './size';
import type { FabricState } from './state';

/**
 * Waits until each peer's discovery knows a set of endorsers that meets the policy: before that a client which asks
 * for one is refused. Where anchors are few only these come to know all, and they alone are waited for. Skipped where
 * the `discover` program is not among Fabric's programs.
 */
export async function awaitDiscovery(
  state: FabricState,
  { signal }: { signal?: AbortSignal | undefined },
): Promise<void> {
  if (!existsSync(join(state.binaries.binFolder, 'discover'))) return;
  const nodes = clusterNodes(state).filter((node) => hasAnchor(state, node));
  await inTurns(nodes, (node) =>
    waitUntil(() => knowsEveryPeer(state, node, signal), {
      deadlineMs: patienceMs(state.clusters.length),
      what: `discovery at ${node.name} to know the peers of ${state.clusters.length} organisations with the chaincode`,
      signal,
      hint: 'Run next: blosm network status',
    }),
  );
}

async function knowsEveryPeer(
  state: FabricState,
  node: ClusterNode,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const files = fabricLayout(state.folder).organization(node);
  const command = [
    join(state.binaries.binFolder, 'discover'),
    ...['--peerTLSCA', files.tlsCaCertificate, '--userKey', files.admin.key, '--userCert', files.admin.certificate],
    ...['--MSP', node.mspId, 'peers', '--channel', state.channel, '--server', peerAddress(node)],
  ];
  const outcome = await tryCommand(command, {
    signal,
    env: fabricEnvironment(state.binaries.configFolder),
    timeoutMs: 20_000,
  });
  if (outcome.exitCode !== 0) return false;
  const peers = JSON.parse(outcome.stdout) as { MSPID: string; Chaincodes?: string[] | null }[];
  return state.clusters.every(({ mspId }) =>
    peers.some((peer) => peer.MSPID === mspId && peer.Chaincodes?.includes(state.chaincode) === true),
  );
}

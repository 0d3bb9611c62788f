import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inTurns, waitUntil } from '../../processes';
import { fabricLayout } from '../layout';
import { clusterNodes, peerAddress, type ClusterNode } from '../nodes/peer';
import { ordererFlags, peerUntilItSucceeds } from '../peer-cli';
import { isLarge, patienceMs } from '../size';
import type { Deployment, FabricState } from '../state';
import { definitionFlags, definitionVersion, readCommitted, type Committed } from './definition';
import { servicePackage } from './package';
import { ensureChaincodeProcesses, prepareChaincodeProcesses } from './servers';

interface Wait {
  readonly signal?: AbortSignal | undefined;
}

/** What is to be the chaincode, and of whom. */
export interface RollOut {
  /** The network as it will be: its organisations are in the endorsement policy. */
  readonly state: FabricState;
  readonly content: Omit<Deployment, 'sequence'>;
  /** Who approves and commits; every organisation of `state` when left out. */
  readonly approvers?: readonly ClusterNode[];
}

/**
 * The one way in which the definition of the chaincode changes, while the network serves: each organisation's process
 * is started beside the old one, its package installed and approved; the definition is committed at the next sequence;
 * then every peer answers from the new process. A peer commits a definition only when no transaction is being
 * simulated, so that from then on nothing of it is with the old process. Repeating it completes it.
 */
export async function rollOut({ state, content, approvers }: RollOut, wait: Wait): Promise<Deployment> {
  const nodes = clusterNodes(state);
  const approving = approvers ?? nodes;
  await prepareChaincodeProcesses(state, content, wait);
  const committed = await committedOf(state, approving, content, wait);
  const deployment = { ...content, sequence: committed.sequence };
  // An approval of what is committed with it writes nothing, and what writes nothing is not valid on its own.
  const missing = approving.filter(({ mspId }) => committed.approvals[mspId] !== true);
  await inTurns(missing, (node) => installAndApprove(state, node, deployment, wait));
  await commit(state, approving, deployment, wait);
  await inTurns(nodes, (node) => committedAt(state, node, deployment, wait));
  await ensureChaincodeProcesses({ ...state, deployment }, wait);
  return deployment;
}

/**
 * The sequence to approve and who has approved it: that of a commit which was cut off before it was written down, else
 * the next one, of which nothing is known.
 */
async function committedOf(
  state: FabricState,
  [first]: readonly ClusterNode[],
  content: RollOut['content'],
  wait: Wait,
): Promise<Pick<Committed, 'sequence' | 'approvals'>> {
  const committed = first === undefined ? undefined : await readCommitted(state, first, wait);
  if (committed?.version === definitionVersion(state, content)) return committed;
  return { sequence: (committed?.sequence ?? 0) + 1, approvals: {} };
}

/** Installs the package of a deployed chaincode on a peer that may have lost it; gives the package's id. */
export async function ensureInstalled(
  state: FabricState,
  node: ClusterNode,
  deployment: Deployment,
  wait: Wait,
): Promise<string> {
  const folder = fabricLayout(state.folder).chaincodeFolder;
  const { bytes, packageId } = await servicePackage(node, deployment);
  const file = join(folder, `${node.name}-${deployment.label}.tar.gz`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, bytes);
  await peerUntilItSucceeds(state, node, ['lifecycle', 'chaincode', 'install', file], {
    deadlineMs: patienceMs(state.clusters.length),
    alreadyDone: /already successfully installed/,
    ...wait,
  });
  return packageId;
}

async function installAndApprove(
  state: FabricState,
  node: ClusterNode,
  deployment: Deployment,
  wait: Wait,
): Promise<void> {
  const packageId = await ensureInstalled(state, node, deployment, wait);
  const flags = [...definitionFlags(state, deployment), '--package-id', packageId, '--waitForEvent'];
  await peerUntilItSucceeds(
    state,
    node,
    ['lifecycle', 'chaincode', 'approveformyorg', ...flags, ...ordererFlags(state)],
    {
      deadlineMs: patienceMs(state.clusters.length),
      alreadyDone: /with unchanged content/,
      ...wait,
    },
  );
}

async function commit(
  state: FabricState,
  approving: readonly ClusterNode[],
  deployment: Deployment,
  wait: Wait,
): Promise<void> {
  const [first] = approving;
  if (first === undefined || (await isCommitted(state, first, deployment, wait))) return;
  const layout = fabricLayout(state.folder);
  // A majority has to endorse it, of whom one more may be about to leave; of many, others would only be more work.
  const endorsing = isLarge(approving.length) ? approving.slice(0, Math.floor(approving.length / 2) + 2) : approving;
  const peers = endorsing.flatMap((node) => [
    ...['--peerAddresses', peerAddress(node)],
    ...['--tlsRootCertFiles', layout.organization(node).tlsCaCertificate],
  ]);
  const flags = [...definitionFlags(state, deployment), ...peers, ...ordererFlags(state)];
  await peerUntilItSucceeds(state, first, ['lifecycle', 'chaincode', 'commit', ...flags], {
    deadlineMs: patienceMs(state.clusters.length),
    alreadyDone: committedBefore(deployment),
    ...wait,
  });
}

/** An attempt whose answer did not come in time may have gone through. */
const committedBefore = ({ sequence }: Deployment): RegExp =>
  new RegExp(`requested sequence is ${sequence}, but new definition must be sequence ${sequence + 1}\\b`);

async function committedAt(state: FabricState, node: ClusterNode, deployment: Deployment, wait: Wait): Promise<void> {
  await waitUntil(() => isCommitted(state, node, deployment, wait), {
    deadlineMs: patienceMs(state.clusters.length),
    what: `the peer of ${node.name} to have the definition at sequence ${deployment.sequence}`,
    ...wait,
  });
}

async function isCommitted(
  state: FabricState,
  node: ClusterNode,
  { sequence }: Deployment,
  wait: Wait,
): Promise<boolean> {
  return (await readCommitted(state, node, wait))?.sequence === sequence;
}

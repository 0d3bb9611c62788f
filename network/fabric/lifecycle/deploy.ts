import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { awaitHealthy, ensureProcess } from '../../processes';
import { fabricLayout } from '../layout';
import { chaincodeServer, ensureChaincodeCopy } from '../nodes/chaincode';
import { clusterNodes, peerAddress, type ClusterNode } from '../nodes/peer';
import { ordererFlags, peerAsAdmin, peerUntilItSucceeds } from '../peer-cli';
import { writeFabricState, type Deployment, type FabricState } from '../state';
import { chaincodeSha256, servicePackage } from './package';

const DEADLINE_MS = 60_000;
const HEALTH_QUERY = '{"Args":["org.hyperledger.fabric:GetMetadata"]}';

interface Wait {
  readonly signal?: AbortSignal | undefined;
}

/** What a deployment did. */
export interface DeployOutcome {
  readonly state: FabricState;
  readonly deployment: Deployment;
  /** False when this very chaincode was deployed already. */
  readonly changed: boolean;
}

/**
 * Puts the chaincode of a folder on the channel: a package per cluster, installed and approved by each organisation,
 * committed once, and a process per cluster. The same content again changes nothing.
 */
export async function deployChaincode(state: FabricState, sourceFolder: string, wait: Wait): Promise<DeployOutcome> {
  const contentSha256 = chaincodeSha256(sourceFolder);
  if (state.deployment?.contentSha256 === contentSha256) {
    return { state, deployment: state.deployment, changed: false };
  }
  const nodes = clusterNodes(state);
  const label = `${state.chaincode}_${contentSha256.slice(0, 12)}`;
  ensureChaincodeCopy(state, sourceFolder, contentSha256);
  const sequence = await nextSequence(state, nodes, label, wait);
  const deployment: Deployment = { sequence, label, contentSha256 };
  await Promise.all(nodes.map((node) => installAndApprove(state, node, deployment, wait)));
  await commit(state, nodes, deployment, wait);
  const deployed = { ...state, deployment };
  writeFabricState(deployed);
  return { state: deployed, deployment, changed: true };
}

/** Starts what is missing of the chaincode's processes, and waits until each answers through its peer. */
export async function ensureChaincodeProcesses(state: FabricState, wait: Wait): Promise<boolean[]> {
  const { deployment } = state;
  if (deployment === null) return [];
  return Promise.all(clusterNodes(state).map((node) => ensureChaincodeProcess(state, node, deployment, wait)));
}

async function ensureChaincodeProcess(
  state: FabricState,
  node: ClusterNode,
  deployment: Deployment,
  { signal }: Wait,
): Promise<boolean> {
  const { packageId } = await servicePackage(deployment.label, node.host);
  const spec = chaincodeServer(state, node, deployment, packageId);
  const { record, started } = await ensureProcess(spec, { signal });
  await awaitHealthy(spec, record, () => answers(state, node, signal), { deadlineMs: DEADLINE_MS, signal });
  return started;
}

/** True when the cluster's chaincode process answers a query that came through its peer; throws why not. */
async function answers(state: FabricState, node: ClusterNode, signal?: AbortSignal): Promise<true> {
  const args = ['chaincode', 'query', '-C', state.channel, '-n', state.chaincode, '-c', HEALTH_QUERY];
  await peerAsAdmin(state, node, args, { signal, timeoutMs: 20_000 }).catch((cause: unknown) => {
    // A plain error: it may pass, and the wait names it when it does not.
    throw new Error(cause instanceof Error ? cause.message : String(cause), { cause });
  });
  return true;
}

/** True when the cluster's chaincode process answers a query that came through its peer. */
export async function answersQuery(state: FabricState, node: ClusterNode, signal?: AbortSignal): Promise<boolean> {
  return answers(state, node, signal).catch(() => false);
}

const Committed = z.object({ sequence: z.int(), version: z.string() });

/** The sequence to approve: that of a commit which was cut off before it was written down, else the next one. */
async function nextSequence(
  state: FabricState,
  nodes: readonly ClusterNode[],
  label: string,
  wait: Wait,
): Promise<number> {
  const [first] = nodes;
  if (first === undefined) return 1;
  const committed = await readCommitted(state, first, wait);
  if (committed === undefined) return 1;
  return committed.version === versionOf(label) ? committed.sequence : committed.sequence + 1;
}

async function readCommitted(
  state: FabricState,
  node: ClusterNode,
  { signal }: Wait,
): Promise<z.infer<typeof Committed> | undefined> {
  const args = ['lifecycle', 'chaincode', 'querycommitted', '-C', state.channel, '-n', state.chaincode, '-O', 'json'];
  try {
    const { stdout } = await peerAsAdmin(state, node, args, { signal });
    return Committed.parse(JSON.parse(stdout));
  } catch (failure) {
    if (failure instanceof Error && /namespace \S+ is not defined/.test(failure.message)) return undefined;
    throw failure;
  }
}

/** The definition's version names the content: an interrupted deployment is recognised by it. */
const versionOf = (label: string): string => label.slice(label.lastIndexOf('_') + 1);

async function installAndApprove(
  state: FabricState,
  node: ClusterNode,
  deployment: Deployment,
  wait: Wait,
): Promise<void> {
  const folder = fabricLayout(state.folder).chaincodeFolder;
  const { bytes, packageId } = await servicePackage(deployment.label, node.host);
  const file = join(folder, `${node.name}-${deployment.label}.tar.gz`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, bytes);
  await install(state, node, file, wait);
  const args = [...definition(state, deployment), '--package-id', packageId, '--waitForEvent', ...ordererFlags(state)];
  await peerUntilItSucceeds(state, node, ['lifecycle', 'chaincode', 'approveformyorg', ...args], {
    deadlineMs: DEADLINE_MS,
    alreadyDone: /with unchanged content/,
    signal: wait.signal,
  });
}

async function install(state: FabricState, node: ClusterNode, file: string, { signal }: Wait): Promise<void> {
  await peerUntilItSucceeds(state, node, ['lifecycle', 'chaincode', 'install', file], {
    deadlineMs: DEADLINE_MS,
    alreadyDone: /already successfully installed/,
    signal,
  });
}

async function commit(
  state: FabricState,
  nodes: readonly ClusterNode[],
  deployment: Deployment,
  wait: Wait,
): Promise<void> {
  const [first] = nodes;
  if (first === undefined) return;
  const committed = await readCommitted(state, first, wait);
  if (committed?.sequence === deployment.sequence) return;
  const layout = fabricLayout(state.folder);
  const peers = nodes.flatMap((node) => [
    ...['--peerAddresses', peerAddress(node)],
    ...['--tlsRootCertFiles', layout.organization(node).tlsCaCertificate],
  ]);
  const args = ['lifecycle', 'chaincode', 'commit', ...definition(state, deployment), ...peers, ...ordererFlags(state)];
  await peerUntilItSucceeds(state, first, args, { deadlineMs: DEADLINE_MS, ...wait });
}

function definition(state: FabricState, { sequence, label }: Deployment): string[] {
  return [
    ...['--channelID', state.channel, '--name', state.chaincode],
    ...['--version', versionOf(label), '--sequence', String(sequence)],
    ...['--signature-policy', endorsementPolicy(state)],
  ];
}

/** One organisation with an altered chaincode can write nothing: f + 1 of all have to come to the same result. */
export function endorsementPolicy(state: Pick<FabricState, 'endorsementFaults' | 'clusters'>): string {
  const peers = state.clusters.map(({ mspId }) => `'${mspId}.peer'`);
  return `OutOf(${state.endorsementFaults + 1},${peers.join(',')})`;
}

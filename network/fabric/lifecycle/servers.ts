import { connect } from 'node:net';
import { once } from 'node:events';
import { awaitHealthy, ensureProcess, inTurns, stopProcess, waitUntil } from '../../processes';
import { chaincodeProcess, fabricLayout } from '../layout';
import { chaincodeServer } from '../nodes/chaincode';
import { chaincodeAddress, clusterNodes, type ClusterNode } from '../nodes/peer';
import { peerAsAdmin } from '../peer-cli';
import { patienceMs } from '../size';
import { otherPlace, type Deployment, type FabricState } from '../state';
import { servicePackage } from './package';

const CONNECT_TIMEOUT_MS = 2_000;
const HEALTH_QUERY = '{"Args":["org.hyperledger.fabric:GetMetadata"]}';

interface Wait {
  readonly signal?: AbortSignal | undefined;
}
type Content = Omit<Deployment, 'sequence'>;

/** Starts what is missing of the chaincode's processes, and waits until each answers through its peer. */
export async function ensureChaincodeProcesses(state: FabricState, wait: Wait): Promise<boolean[]> {
  const { deployment } = state;
  if (deployment === null) return [];
  return inTurns(clusterNodes(state), (node) =>
    startServer(state, node, deployment, () => answers(state, node, wait.signal), wait),
  );
}

/** Starts the processes of a chaincode that the peers do not ask yet, and waits until each can be connected to. */
export async function prepareChaincodeProcesses(state: FabricState, content: Content, wait: Wait): Promise<void> {
  await inTurns(clusterNodes(state), (node) =>
    startServer(state, node, content, () => accepts(node, content, wait.signal), wait),
  );
}

/** Ends the chaincode's processes in the other place: those of an earlier chaincode. */
export async function stopEarlierProcesses(state: FabricState, content: Content): Promise<void> {
  const earlier = { place: otherPlace(content) };
  const { node } = fabricLayout(state.folder);
  await Promise.all(state.clusters.map(({ name }) => stopProcess(node(chaincodeProcess(name, earlier)).stateFile)));
}

async function startServer(
  state: FabricState,
  node: ClusterNode,
  content: Content,
  check: () => Promise<boolean>,
  { signal }: Wait,
): Promise<boolean> {
  const starter = processStarter(state, node, content);
  if (starter.name !== node.name) {
    const what = `the chaincode process of ${starter.name} to serve ${node.name}`;
    await waitUntil(check, { deadlineMs: patienceMs(state.clusters.length), what, signal });
    return false;
  }
  const { packageId } = await servicePackage(node, content);
  const spec = chaincodeServer(state, node, content, packageId);
  const { record, started } = await ensureProcess(spec, { signal });
  await awaitHealthy(spec, record, check, { deadlineMs: patienceMs(state.clusters.length), signal });
  return started;
}

/**
 * Each cluster runs a process of its own. Where a placement names one address for several, which only a network on one
 * machine for measurements does, the first of them has it: equal addresses make equal packages, and a process serves
 * any number of peers that ask for its package.
 */
function processStarter(state: FabricState, node: ClusterNode, content: Content): ClusterNode {
  const address = chaincodeAddress(node, content);
  return clusterNodes(state).find((other) => chaincodeAddress(other, content) === address) ?? node;
}

/** True when the process takes connections; throws why not. */
async function accepts(node: ClusterNode, content: Content, signal?: AbortSignal): Promise<boolean> {
  const [host, port] = chaincodeAddress(node, content).split(':');
  const limit = AbortSignal.any([AbortSignal.timeout(CONNECT_TIMEOUT_MS), ...(signal === undefined ? [] : [signal])]);
  const socket = connect(Number(port), host);
  try {
    await once(socket, 'connect', { signal: limit });
    return true;
  } finally {
    socket.destroy();
  }
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

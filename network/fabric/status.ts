import { isRunning, readRecord } from '../processes';
import { chaincodeProcess, fabricLayout, ORDERER_PROCESS, peerProcess } from './layout';
import { answersQuery } from './lifecycle/servers';
import { isHealthy, ledgerHeight, ordererBlock } from './nodes/operations';
import { chaincodeAddress, clusterNodes, type ClusterNode } from './nodes/peer';
import { commandToFinish } from './running';
import { requireFabricState, type FabricState } from './state';

/** One process of the network as it is now. */
export interface ComponentStatus {
  readonly name: string;
  readonly kind: 'orderer' | 'peer' | 'chaincode';
  /** The cluster it belongs to; null for the orderer. */
  readonly cluster: string | null;
  /** Null when it does not run. */
  readonly pid: number | null;
  readonly address: string;
  readonly healthy: boolean;
  /** Fabric's version, or the deployed chaincode's label. */
  readonly version: string;
  /** Number of blocks of the channel; null where it is unknown. */
  readonly height: number | null;
  readonly logFile: string;
}

export interface FabricStatus {
  readonly channel: string;
  readonly fabricVersion: string;
  readonly chaincode: { readonly label: string; readonly sequence: number } | null;
  /** The command that completes a change that was cut off; null when there is none. */
  readonly unfinished: string | null;
  readonly healthy: boolean;
  readonly components: readonly ComponentStatus[];
}

/**
 * Looks at each process of a network.
 * @throws BlosmError BLOSM_E_NOT_FOUND when there is no network in the folder
 */
export async function fabricStatus(options: { stateFolder: string; signal?: AbortSignal }): Promise<FabricStatus> {
  const state = requireFabricState(options.stateFolder);
  const nodes = clusterNodes(state);
  const components = await Promise.all([
    ordererStatus(state),
    ...nodes.map((node) => peerStatus(state, node)),
    ...nodes.map((node) => chaincodeStatus(state, node, options.signal)),
  ]);
  return {
    channel: state.channel,
    fabricVersion: state.binaries.version,
    chaincode: state.deployment && { label: state.deployment.label, sequence: state.deployment.sequence },
    unfinished: state.unfinished && commandToFinish(state.unfinished),
    healthy: components.every(({ healthy }) => healthy),
    components,
  };
}

async function ordererStatus(state: FabricState): Promise<ComponentStatus> {
  const { orderer } = state.placement;
  const [healthy, newest] = await Promise.all([isHealthy(orderer), orNull(ordererBlock(orderer, state.channel))]);
  return {
    ...processStatus(state, ORDERER_PROCESS),
    kind: 'orderer',
    cluster: null,
    address: `${orderer.address}:${orderer.ports.orderer}`,
    healthy,
    version: state.binaries.version,
    height: newest === null ? null : newest + 1,
  };
}

async function peerStatus(state: FabricState, node: ClusterNode): Promise<ComponentStatus> {
  const [healthy, height] = await Promise.all([isHealthy(node.host), orNull(ledgerHeight(node.host, state.channel))]);
  return {
    ...processStatus(state, peerProcess(node.name)),
    kind: 'peer',
    cluster: node.name,
    address: `${node.host.address}:${node.host.ports.peer}`,
    healthy: healthy && height !== null,
    version: state.binaries.version,
    height,
  };
}

async function chaincodeStatus(state: FabricState, node: ClusterNode, signal?: AbortSignal): Promise<ComponentStatus> {
  const place = state.deployment ?? ({ place: 0 } as const);
  const running = processStatus(state, chaincodeProcess(node.name, place));
  return {
    ...running,
    kind: 'chaincode',
    cluster: node.name,
    address: chaincodeAddress(node, place),
    healthy: running.pid !== null && (await answersQuery(state, node, signal)),
    version: state.deployment?.label ?? '(not deployed)',
    height: null,
  };
}

function processStatus(state: FabricState, name: string): Pick<ComponentStatus, 'name' | 'pid' | 'logFile'> {
  const { stateFile, log } = fabricLayout(state.folder).node(name);
  const record = readRecord(stateFile);
  return { name, pid: record !== undefined && isRunning(record) ? record.pid : null, logFile: log };
}

async function orNull(value: Promise<number | undefined>): Promise<number | null> {
  return value.then(
    (number) => number ?? null,
    () => null,
  );
}

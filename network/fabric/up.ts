import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { BlosmError } from '../../chaincode/src/model';
import { inTurns, ProcessWatch, type ProcessSpec } from '../processes';
import type { Topology } from '../topology';
import { findBinaries } from './binaries';
import { ensureChannel, ensureGenesis } from './channel/channel';
import { awaitCaughtUp, ensureAnchors, ensureJoined } from './channel/membership';
import { writeConnectionProfiles } from './connection-profile';
import { awaitDiscovery } from './discovery';
import { runningPids } from './down';
import { fabricLayout } from './layout';
import { deployChaincode, finishUpgrade } from './lifecycle/deploy';
import { chaincodeSource } from './lifecycle/package';
import { ensureInstalled } from './lifecycle/roll-out';
import { ensureChaincodeProcesses } from './lifecycle/servers';
import { finishAdding } from './members/add';
import { isTopologyOf } from './members/membership';
import { finishRemoving, isMajority } from './members/remove';
import type { OperationsEndpoint } from './nodes/operations';
import { ordererProcess } from './nodes/orderer';
import { clusterNodes, peerNodeProcess, type ClusterNode } from './nodes/peer';
import { startNode } from './nodes/start';
import { ensureClusterCertificates, ensureOrdererCertificates } from './pki/certificates';
import { localPlacement, type Placement } from './placement';
import { commandToFinish } from './running';
import { writeShellEnvironments } from './shell-environment';
import { readFabricState, writeFabricState, type FabricState, type Anchors, type MemberRule } from './state';

const CHAINCODE_NAME = 'blosm';

/** What a network is brought up from. */
export interface FabricUpOptions {
  readonly topology: Topology;
  /** The state folder, e.g. `.blosm`; the network's files are in `fabric/` below it. */
  readonly stateFolder: string;
  /** Where each part runs; everything on 127.0.0.1 when left out. */
  readonly placement?: Placement;
  /** The chaincode's folder, built; the project's own when left out. */
  readonly chaincodeFolder?: string;
  /** How the channel says who may read and write; `each` when left out. */
  readonly memberRule?: MemberRule;
  /** Which organisations' peers are anchors; `each` when left out. */
  readonly anchors?: Anchors;
  /** Called with a line for people before each step that takes time. */
  readonly onStep?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** What up found and did. */
export interface FabricUpOutcome {
  readonly state: FabricState;
  /** Names of the processes that were not running before. */
  readonly started: readonly string[];
}

/**
 * Brings a network up: certificates, channel, one orderer, a peer and a chaincode process per cluster.
 * What is there already is left alone, so that it may be called at any time: on a network that is up it does nothing,
 * after a crash it starts what is missing.
 * @throws BlosmError BLOSM_E_PREREQUISITE, BLOSM_E_CONFLICT (the folder holds another network), BLOSM_E_COMMAND_FAILED
 */
export async function fabricUp(options: FabricUpOptions): Promise<FabricUpOutcome> {
  const watch = new ProcessWatch();
  const signal = AbortSignal.any([watch.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  try {
    return await bringUp({ ...options, signal }, watch);
  } catch (failure) {
    // What waited for a process that has ended says less than the process's own log.
    throw watch.failure ?? failure;
  } finally {
    watch.stop();
  }
}

async function bringUp(
  options: FabricUpOptions & { signal: AbortSignal },
  watch: ProcessWatch,
): Promise<FabricUpOutcome> {
  const { signal } = options;
  const say = options.onStep ?? (() => undefined);
  const state = await ensureState(options, say);
  const { runFolder } = fabricLayout(state.folder);
  const before = runningPids(runFolder);
  const start = (spec: ProcessSpec, host: OperationsEndpoint): Promise<boolean> =>
    startNode(spec, host, { signal, watch });

  await Promise.all([
    ensureOrdererCertificates(state),
    ...clusterNodes(state).map((node) => ensureClusterCertificates(state, node)),
  ]);
  writeConnectionProfiles(state);
  writeShellEnvironments(state);
  await ensureGenesis(state, { signal });
  const nodes = nodesToStart(state);
  say(`orderer and ${nodes.length} peers (Fabric ${state.binaries.version}, ${state.binaries.source})`);
  await Promise.all([
    start(ordererProcess(state), state.placement.orderer),
    inTurns(nodes, (node) => start(peerNodeProcess(state, node), node.host)),
  ]);
  const ready = await ensureMembers(state, nodes, options, say);
  const deployed = await ensureDeployed(await finishBegun(ready, { ...options, say }), options, say);
  await ensureChaincodeProcesses(deployed, { signal });
  const started = [...runningPids(runFolder)].filter(([name, pid]) => before.get(name) !== pid).map(([name]) => name);
  if (started.length > 0) await awaitDiscovery(deployed, { signal });
  return { state: deployed, started };
}

type Say = (line: string) => void;

async function ensureState(options: FabricUpOptions, say: Say): Promise<FabricState> {
  const earlier = readFabricState(options.stateFolder);
  const wanted = wantedOf(options, earlier);
  if (earlier !== undefined) return sameNetwork(earlier, wanted, say);
  say('looking for the programs of Fabric (building them takes about 2 minutes, once)');
  const binaries = await findBinaries(options.signal);
  const state: FabricState = {
    ...{ v: 1, ...wanted, chaincode: CHAINCODE_NAME, binaries, anchored: [], deployment: null },
    ...{ membership: { added: [], removed: [] }, unfinished: null },
  };
  writeFabricState(state);
  return state;
}

type Wanted = Pick<
  FabricState,
  'folder' | 'channel' | 'endorsementFaults' | 'batchTimeoutMs' | 'memberRule' | 'anchors' | 'clusters' | 'placement'
>;

/** What is asked for; what is left out is as it is, or as it is by default. */
function wantedOf({ topology, stateFolder, ...options }: FabricUpOptions, earlier: Partial<FabricState> = {}): Wanted {
  const { memberRule = 'each', anchors = 'each', placement = localPlacement(topology) } = { ...earlier, ...options };
  return {
    folder: resolve(stateFolder),
    channel: topology.channel,
    endorsementFaults: topology.endorsementFaults,
    batchTimeoutMs: topology.batchTimeoutMs,
    memberRule,
    anchors,
    clusters: topology.clusters.map(({ name, mspId }) => ({ name, mspId })),
    placement,
  };
}

/**
 * The network as it is. Where organisations have come or gone since, its state says who they are and where they run,
 * and the topology need not know of it.
 * @throws BlosmError BLOSM_E_CONFLICT when it is another network
 */
function sameNetwork(earlier: FabricState, wanted: Wanted, say: Say): FabricState {
  const { added, removed } = earlier.membership;
  const hasChanged = added.length + removed.length > 0;
  const compared = hasChanged
    ? {
        ...{ ...wanted, clusters: isTopologyOf(earlier, wanted.clusters) ? earlier.clusters : wanted.clusters },
        placement: { ...earlier.placement, orderer: wanted.placement.orderer },
      }
    : wanted;
  const other = Object.entries(compared).filter(
    ([key, value]) => !isDeepStrictEqual(earlier[key as keyof FabricState], value),
  );
  if (other.length > 0) {
    throw new BlosmError(
      'BLOSM_E_CONFLICT',
      `${fabricLayout(wanted.folder).folder} holds a network with another ${other.map(([key]) => key).join(', ')}`,
      { stage: 'network up', hint: 'Run next: blosm network reset, or use another state folder.' },
    );
  }
  if (hasChanged)
    say(`its organisations are ${earlier.clusters.map(({ name }) => name).join(', ')}: ${changesOf(earlier)}`);
  return earlier;
}

function changesOf({ membership: { added, removed } }: FabricState): string {
  const names = (members: readonly { name: string }[]): string => members.map(({ name }) => name).join(', ');
  return [
    ...(added.length > 0 ? [`${names(added)} by add-org`] : []),
    ...(removed.length > 0 ? [`without ${names(removed)} by remove-org`] : []),
  ].join(', ');
}

/** One that is on its way out need not be able to start, unless its consent is needed. */
function nodesToStart(state: FabricState): ClusterNode[] {
  const nodes = clusterNodes(state);
  const leaving = state.unfinished?.kind === 'remove' ? state.unfinished.member.name : undefined;
  const staying = nodes.filter(({ name }) => name !== leaving);
  return isMajority(staying, nodes) ? staying : nodes;
}

/** Takes what a crash has cut off to its end. */
async function finishBegun(
  state: FabricState,
  { signal, say }: { signal?: AbortSignal; say: Say },
): Promise<FabricState> {
  const { unfinished } = state;
  if (unfinished === null || state.deployment === null) return state;
  say(`completing what was cut off: ${commandToFinish(unfinished)}`);
  switch (unfinished.kind) {
    case 'upgrade':
      return (await finishUpgrade(state, unfinished, { signal })).state;
    case 'add':
      return finishAdding(state, unfinished, { onStep: say, signal });
    case 'remove':
      return finishRemoving(state, unfinished, { onStep: say, signal });
  }
}

async function ensureMembers(
  state: FabricState,
  nodes: readonly ClusterNode[],
  { signal }: FabricUpOptions,
  say: Say,
): Promise<FabricState> {
  const [first] = nodes;
  if (first === undefined) return state;
  say(`channel ${state.channel}`);
  await ensureChannel(state, first, { signal });
  await inTurns(nodes, (node) => ensureMember(state, node, signal));
  return ensureAnchors(state, nodes, { signal });
}

/** A peer that has lost its disk gets the blocks from the orderer, and the package of the chaincode anew. */
async function ensureMember(state: FabricState, node: ClusterNode, signal: AbortSignal | undefined): Promise<void> {
  const { deployment } = state;
  if (!(await ensureJoined(state, node, { signal })) || deployment === null) return;
  await awaitCaughtUp(state, node, { signal });
  await ensureInstalled(state, node, deployment, { signal });
}

/** Only the first time: a later change of the chaincode is deployed when somebody says so. */
async function ensureDeployed(state: FabricState, options: FabricUpOptions, say: Say): Promise<FabricState> {
  if (state.deployment !== null) return state;
  say(`chaincode ${state.chaincode}`);
  const outcome = await deployChaincode(state, chaincodeSource(options.chaincodeFolder), { signal: options.signal });
  return outcome.state;
}

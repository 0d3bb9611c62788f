import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { BlosmError } from '../../chaincode/src/model';
import { packageRoot } from '../package-root';
import { awaitHealthy, ensureProcess, ProcessWatch, type ProcessSpec } from '../processes';
import type { Topology } from '../topology';
import { findBinaries } from './binaries';
import { ensureChannel, ensureGenesis } from './channel/channel';
import { ensureAnchors, ensureJoined } from './channel/membership';
import { writeConnectionProfiles } from './connection-profile';
import { awaitDiscovery } from './discovery';
import { chaincodeProcess, fabricLayout, ORDERER_ORGANIZATION } from './layout';
import { deployChaincode, ensureChaincodeProcesses } from './lifecycle/deploy';
import { isHealthy, type OperationsEndpoint } from './nodes/operations';
import { ordererProcess } from './nodes/orderer';
import { clusterNodes, peerNodeProcess, type ClusterNode } from './nodes/peer';
import { ensureOrganization } from './pki/organization-files';
import { localPlacement, type Placement } from './placement';
import { writeShellEnvironments } from './shell-environment';
import { readFabricState, writeFabricState, type FabricState } from './state';

const HEALTH_DEADLINE_MS = 60_000;
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
  const started: string[] = [];
  const start = async (spec: ProcessSpec, host: OperationsEndpoint): Promise<void> => {
    const outcome = await ensureProcess(spec, { signal });
    watch.add(spec, outcome.record);
    if (outcome.started) started.push(spec.name);
    await awaitHealthy(spec, outcome.record, () => isHealthy(host), { deadlineMs: HEALTH_DEADLINE_MS, signal });
  };

  await ensureCertificates(state);
  writeConnectionProfiles(state);
  writeShellEnvironments(state);
  await ensureGenesis(state, { signal });
  const nodes = clusterNodes(state);
  say(`orderer and ${nodes.length} peers (Fabric ${state.binaries.version}, ${state.binaries.source})`);
  await Promise.all([
    start(ordererProcess(state), state.placement.orderer),
    ...nodes.map((node) => start(peerNodeProcess(state, node), node.host)),
  ]);
  const ready = await ensureMembers(state, nodes, options, say);
  const deployed = await ensureDeployed(ready, options, say);
  const chaincodes = await ensureChaincodeProcesses(deployed, { signal });
  nodes.forEach(({ name }, index) => chaincodes[index] === true && started.push(chaincodeProcess(name)));
  if (started.length > 0) await awaitDiscovery(deployed, { signal });
  return { state: deployed, started };
}

type Say = (line: string) => void;

async function ensureState(options: FabricUpOptions, say: Say): Promise<FabricState> {
  const earlier = readFabricState(options.stateFolder);
  const { topology } = options;
  const wanted = {
    folder: resolve(options.stateFolder),
    channel: topology.channel,
    endorsementFaults: topology.endorsementFaults,
    batchTimeoutMs: topology.batchTimeoutMs,
    clusters: topology.clusters.map(({ name, mspId }) => ({ name, mspId })),
    placement: options.placement ?? earlier?.placement ?? localPlacement(topology),
  };
  if (earlier !== undefined) {
    const same = Object.entries(wanted).filter(
      ([key, value]) => !isDeepStrictEqual(earlier[key as keyof FabricState], value),
    );
    if (same.length === 0) return earlier;
    throw new BlosmError(
      'BLOSM_E_CONFLICT',
      `${fabricLayout(wanted.folder).folder} holds a network with another ${same.map(([key]) => key).join(', ')}`,
      { stage: 'network up', hint: 'Run next: blosm network reset, or use another state folder.' },
    );
  }
  say('looking for the programs of Fabric (building them takes about 2 minutes, once)');
  const binaries = await findBinaries(options.signal);
  const state: FabricState = { v: 1, ...wanted, chaincode: CHAINCODE_NAME, binaries, anchored: [], deployment: null };
  writeFabricState(state);
  return state;
}

async function ensureCertificates(state: FabricState): Promise<void> {
  const layout = fabricLayout(state.folder);
  const { orderer } = state.placement;
  await Promise.all([
    ensureOrganization(layout.organization(ORDERER_ORGANIZATION), {
      organization: ORDERER_ORGANIZATION,
      nodeUnit: 'orderer',
      hosts: [orderer.address, orderer.name],
    }),
    ...clusterNodes(state).map((node) =>
      ensureOrganization(layout.organization(node), {
        organization: node,
        nodeUnit: 'peer',
        hosts: [node.host.address, node.name],
      }),
    ),
  ]);
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
  await Promise.all(nodes.map((node) => ensureJoined(state, node, { signal })));
  return ensureAnchors(state, nodes, { signal });
}

/** Only the first time: a later change of the chaincode is deployed when somebody says so. */
async function ensureDeployed(state: FabricState, options: FabricUpOptions, say: Say): Promise<FabricState> {
  if (state.deployment !== null) return state;
  say(`chaincode ${state.chaincode}`);
  const outcome = await deployChaincode(state, chaincodeFolder(options), { signal: options.signal });
  return outcome.state;
}

export function chaincodeFolder({ chaincodeFolder: given }: Pick<FabricUpOptions, 'chaincodeFolder'>): string {
  return resolve(given ?? join(packageRoot(), 'chaincode'));
}

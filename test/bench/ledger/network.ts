import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clusterFabricFiles, fabricDown, fabricUp, localPlacement } from '../../../network/fabric';
import type { FabricState, Placement } from '../../../network/fabric';
import { runningPids } from '../../../network/fabric/down';
import { fabricLayout, peerProcess } from '../../../network/fabric/layout';
import { ledgerHeight } from '../../../network/fabric/nodes/operations';
import { inTurns, waitUntil } from '../../../network/processes';
import { parseTopology, type Topology } from '../../../network/topology';
import { stringify } from 'yaml';
import { nodeProfile } from '../../support/ledger-samples';
import { Connections, openLightNode } from './light-node';
import type { LedgerBenchOptions } from './options';

/** From this size on all peers but the source have light responders: the machine has no room for so many agents. */
export const LIGHT_FROM_PEERS = 30;
/** So long one node's registration and one peer's catching up may take among many that do the same. */
const REGISTRATION_MS = 20_000;
const LEVEL_MS = 300_000;
/** So many chaincode processes serve all peers from then on; below it each peer has its own. */
const SHARED_CHAINCODES = 4;

/** A network of some size on this machine, with every node registered. */
export interface BenchNetwork {
  readonly state: FabricState;
  /** From nothing to every peer answering with the chaincode. */
  readonly upSeconds: number;
  /** Resident memory of all its processes, shared pages counted once. */
  readonly memoryMiB: number;
  /** Resolves once every peer has so many blocks. */
  level(height: number): Promise<void>;
  /** Length of the source's peer's block files. */
  ledgerBytes(): number;
  down(): Promise<void>;
}

/**
 * Every block costs every peer some work, whatever is in it. Where all peers share one machine, the evaluations of many
 * nodes must not come in a block each.
 */
function suitingBatchTimeoutMs(peers: number): number {
  return peers < LIGHT_FROM_PEERS ? 20 : 3 * peers;
}

export function benchTopology(peers: number, batchTimeoutMs = suitingBatchTimeoutMs(peers)): Topology {
  const clusters = Array.from({ length: peers }, (_, index) => ({
    name: `edge${index + 1}`,
    mspId: `Edge${index + 1}MSP`,
    site: { latitude: -37.8, longitude: 144.9 },
    coverageRadiusMeters: 400,
    capacity: { memoryMiB: 1024, cpuMillis: 2000, diskMiB: 1024 },
    applicationTypes: ['counter'],
  }));
  return parseTopology(stringify({ batchTimeoutMs, clusters }), `a network of ${peers}`);
}

/** Everything on this machine; large networks share some chaincode processes. */
export function benchPlacement(topology: Pick<Topology, 'clusters'>, basePort: number): Placement {
  const own = localPlacement(topology, basePort);
  if (own.clusters.length < LIGHT_FROM_PEERS) return own;
  const ports = own.clusters.slice(0, SHARED_CHAINCODES).map((host) => host.ports.chaincodeServer);
  const shared = own.clusters.map((host, index) => {
    const chaincodeServer = ports[index % SHARED_CHAINCODES] ?? host.ports.chaincodeServer;
    return { ...host, ports: { ...host.ports, chaincodeServer } };
  });
  return { ...own, clusters: shared };
}

/** Brings a network up in a folder of its own and registers every node. */
export async function benchNetworkUp(
  peers: number,
  { basePort, batchTimeoutMs }: Pick<LedgerBenchOptions, 'basePort' | 'batchTimeoutMs'>,
  { say, signal }: { readonly say: (line: string) => void; readonly signal: AbortSignal },
): Promise<BenchNetwork> {
  const stateFolder = mkdtempSync(join(tmpdir(), 'blosm-bench-'));
  const down = async (): Promise<void> => {
    await fabricDown({ stateFolder, graceMs: 2_000 });
    rmSync(stateFolder, { recursive: true, force: true });
  };
  try {
    const topology = benchTopology(peers, batchTimeoutMs ?? undefined);
    const startedMs = performance.now();
    const placement = benchPlacement(topology, basePort);
    const { state } = await fabricUp({
      topology,
      stateFolder,
      placement,
      ...(peers < LIGHT_FROM_PEERS ? {} : { memberRule: 'listed', anchors: 'few' }),
      onStep: say,
      signal,
    });
    const upSeconds = (performance.now() - startedMs) / 1000;
    say(`registering ${peers} nodes`);
    await registerAll(state);
    const memoryMiB = memoryOf(state);
    return { state, upSeconds, memoryMiB, level: levelOf(state), ledgerBytes: () => blockFileBytes(state), down };
  } catch (failure) {
    await down();
    throw failure;
  }
}

async function registerAll(state: FabricState): Promise<void> {
  const connections = new Connections();
  const signal = AbortSignal.timeout(REGISTRATION_MS * state.clusters.length);
  try {
    const nodes = state.clusters.map(({ name }) => openLightNode(state, name, 'admin', connections));
    await inTurns([...nodes.entries()], async ([index, node]) => {
      const name = state.clusters[index]?.name ?? '';
      const agentCertificatePem = readFileSync(clusterFabricFiles(state, name).agentCertificate, 'utf8');
      const other = nodes[(index + 1) % nodes.length] ?? node;
      await node.submit('NodeContract:Register', [{ ...nodeProfile(name), agentCertificatePem }], other, signal);
    });
  } finally {
    connections.close();
  }
}

function levelOf(state: FabricState): (height: number) => Promise<void> {
  return async (height) => {
    await inTurns(state.placement.clusters, (host) =>
      waitUntil(async () => ((await ledgerHeight(host, state.channel)) ?? 0) >= height, {
        deadlineMs: LEVEL_MS,
        what: `the peer of ${host.name} to have ${height} blocks`,
      }),
    );
  };
}

/** A file of blocks grows by what is appended; a new one is begun at 64 MB. */
function blockFileBytes(state: FabricState): number {
  const source = state.clusters[0]?.name ?? '';
  const { data } = fabricLayout(state.folder).node(peerProcess(source));
  const folder = join(data, 'ledgersData', 'chains', 'chains', state.channel);
  let bytes = 0;
  for (let index = 0; ; index += 1) {
    const file = statSync(join(folder, `blockfile_${String(index).padStart(6, '0')}`), { throwIfNoEntry: false });
    if (file === undefined) return bytes;
    bytes += file.size;
  }
}

/** Proportional set size: what processes share is counted once. */
function memoryOf(state: FabricState): number {
  let kiB = 0;
  for (const pid of runningPids(fabricLayout(state.folder).runFolder).values()) {
    const found = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
    kiB += Number(found?.[1] ?? 0);
  }
  return Math.round(kiB / 1024);
}

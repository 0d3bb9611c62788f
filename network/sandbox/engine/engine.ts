import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { awaitHealthy, ensureProcess, isRunning, readRecord, stopProcess, type ProcessSpec } from '../../processes';
import { inNamespace, ipSucceeds, runBatch } from '../hosts/interfaces';
import type { ClusterPlan } from '../plan';
import { killRecorded } from '../residents/kill';
import type { Inventory } from '../state/inventory';
import { pingEngine } from './api';
import { DAEMON_ENVIRONMENT } from './environment';
import { CONTAINER_BRIDGE, containerdSettings, dockerdPidFile, dockerdSettings } from './settings';

const START_DEADLINE_MS = 30_000;

/** The daemons of one engine in the order of their start. */
type Daemon = 'containerd' | 'dockerd';

export interface EngineOptions {
  /** host:port of the private registry. */
  readonly registry: string;
  readonly inventory: Inventory;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Starts a cluster's Docker Engine in its namespace and waits until it answers. Running daemons are kept.
 * @throws BlosmError BLOSM_E_COMMAND_FAILED with the end of the daemon's log
 */
export async function ensureEngine(cluster: ClusterPlan, options: EngineOptions): Promise<void> {
  const { engine } = cluster;
  options.inventory.record({ kind: 'run-folder', name: engine.runDir });
  options.inventory.record({ kind: 'data-folder', name: engine.stateDir });
  options.inventory.record({ kind: 'engine', name: engine.cgroup, folders: [engine.runDir, engine.stateDir] });
  mkdirSync(engine.runDir, { recursive: true, mode: 0o700 });
  mkdirSync(engine.stateDir, { recursive: true, mode: 0o700 });
  writeFileSync(settingsFile(cluster, 'containerd'), containerdSettings(engine), { mode: 0o600 });
  writeFileSync(settingsFile(cluster, 'dockerd'), JSON.stringify(dockerdSettings(engine, options.registry), null, 2), {
    mode: 0o600,
  });
  await ensureContainerBridge(cluster, options.signal);
  await startDaemon(cluster, 'containerd', () => accepts(engine.containerdSocket), options.signal);
  await startDaemon(cluster, 'dockerd', () => pingEngine(engine.socket), options.signal);
}

/** Stops a cluster's engine with its containers: first asks, after 15 s kills. */
export async function stopEngine(cluster: ClusterPlan, signal?: AbortSignal): Promise<void> {
  await stopProcess(recordFile(cluster, 'dockerd'), { graceMs: 15_000, signal });
  await stopProcess(recordFile(cluster, 'containerd'), { graceMs: 5000, signal });
}

/** kill -9 of both daemons. The containers go on running, as after a crash; {@link ensureEngine} starts anew. */
export async function killEngine(cluster: ClusterPlan): Promise<void> {
  await killRecorded(recordFile(cluster, 'dockerd'));
  await killRecorded(recordFile(cluster, 'containerd'));
}

async function startDaemon(
  cluster: ClusterPlan,
  daemon: Daemon,
  healthy: () => Promise<boolean>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const spec = daemonSpec(cluster, daemon);
  const earlier = readRecord(spec.stateFile);
  const lives = earlier !== undefined && isRunning(earlier);
  // Left by kill -9, it names a pid that by now may be another program's, and dockerd would refuse to start.
  if (daemon === 'dockerd' && !lives) rmSync(dockerdPidFile(cluster.engine), { force: true });
  const { record } = await ensureProcess(spec, { signal });
  await awaitHealthy(spec, record, healthy, { deadlineMs: START_DEADLINE_MS, signal });
}

function daemonSpec(cluster: ClusterPlan, daemon: Daemon): ProcessSpec {
  const flag = daemon === 'dockerd' ? '--config-file' : '--config';
  return {
    name: `${cluster.name}'s ${daemon}`,
    command: [daemon, flag, settingsFile(cluster, daemon)],
    commandPrefix: inNamespace(cluster.namespace),
    env: DAEMON_ENVIRONMENT,
    logFile: `${cluster.engine.stateDir}/${daemon}.log`,
    stateFile: recordFile(cluster, daemon),
  };
}

const settingsFile = (cluster: ClusterPlan, daemon: Daemon): string => `${cluster.engine.stateDir}/${daemon}.conf`;
const recordFile = (cluster: ClusterPlan, daemon: Daemon): string => `${cluster.engine.runDir}/${daemon}.json`;

async function ensureContainerBridge(cluster: ClusterPlan, signal: AbortSignal | undefined): Promise<void> {
  const { namespace } = cluster;
  if (!(await ipSucceeds(['-n', namespace, 'link', 'show', CONTAINER_BRIDGE]))) {
    await runBatch('ip', [`link add ${CONTAINER_BRIDGE} type bridge`], { namespace, signal });
  }
  const lines = [
    `addr replace ${cluster.engine.bridgeCidr} dev ${CONTAINER_BRIDGE}`,
    `link set ${CONTAINER_BRIDGE} up`,
  ];
  await runBatch('ip', lines, { namespace, signal });
}

function accepts(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1000, () => end(false));
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

import { resolve } from 'node:path';
import { packageRoot } from '../package-root';
import { awaitHealthy, ensureProcess, readRecord, stopProcess, type ProcessSpec } from '../processes';
import { callSocket } from './engine/api';
import { DAEMON_ENVIRONMENT } from './engine/environment';
import { inNamespace } from './hosts/interfaces';
import type { ClusterPlan } from './plan';
import { killRecorded } from './residents/kill';

const START_DEADLINE_MS = 60_000;
/**
 * What an agent's Node is started with, as by the systemd unit. The part of the heap for what lives briefly grows to
 * 8 MiB instead of 32. A limit of 400 MB for the rest (about 60 MiB are in use) keeps V8 from letting it grow fourfold
 * before it clears it up: after 24 migrations 132 MiB are resident instead of 200.
 */
export const AGENT_NODE_FLAGS = ['--max-semi-space-size=4', '--max-old-space-size=400'];

export interface StartAgentOptions {
  /** Replaces `node FLAGS agent/bin/blosm.js agent run --config FILE`. */
  readonly command?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Starts a cluster's agent in its namespace and waits until it says that it is healthy.
 * @throws BlosmError BLOSM_E_COMMAND_FAILED with the end of its log
 */
export async function startAgent(cluster: ClusterPlan, options: StartAgentOptions = {}): Promise<void> {
  const spec = agentSpec(cluster, options);
  const { record } = await ensureProcess(spec, { signal: options.signal });
  const limits = { deadlineMs: START_DEADLINE_MS, signal: options.signal };
  await awaitHealthy(spec, record, () => agentAnswers(cluster), limits);
}

/** Stops a cluster's agent: asks, after 10 s kills. */
export async function stopAgent(cluster: ClusterPlan, signal?: AbortSignal): Promise<void> {
  await stopProcess(recordFile(cluster), { signal });
}

/** kill -9 of a cluster's agent, for fault tests. */
export async function killAgent(cluster: ClusterPlan): Promise<boolean> {
  return killRecorded(recordFile(cluster));
}

/** Its process. @throws Error when none was started */
export function agentPid(cluster: ClusterPlan): number {
  const record = readRecord(recordFile(cluster));
  if (record === undefined) throw new Error(`${cluster.name}'s agent was not started`);
  return record.pid;
}

/** True when the agent answers 200 to `GET /healthz` on its control socket. */
export async function agentAnswers(cluster: ClusterPlan): Promise<boolean> {
  return callSocket(cluster.agent.controlSocket, '/healthz', { timeoutMs: 2000 }).then(
    (answer) => answer.status === 200,
    () => false,
  );
}

/** Where a cluster's agent writes its log. */
export const agentLog = (cluster: ClusterPlan): string => `${cluster.engine.stateDir}/agent.log`;

function agentSpec(cluster: ClusterPlan, options: StartAgentOptions): ProcessSpec {
  const program = resolve(packageRoot(), 'agent/bin/blosm.js');
  return {
    name: `${cluster.name}'s agent`,
    command: options.command ?? [
      ...[process.execPath, ...AGENT_NODE_FLAGS, program],
      ...['agent', 'run', '--config', cluster.agent.config],
    ],
    commandPrefix: inNamespace(cluster.namespace),
    env: { ...DAEMON_ENVIRONMENT, ...options.env },
    logFile: agentLog(cluster),
    stateFile: recordFile(cluster),
  };
}

const recordFile = (cluster: ClusterPlan): string => `${cluster.engine.runDir}/agent.json`;

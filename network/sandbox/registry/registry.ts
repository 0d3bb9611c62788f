import { mkdirSync, writeFileSync } from 'node:fs';
import { awaitHealthy, ensureProcess, stopProcess, type ProcessSpec } from '../../processes';
import { DAEMON_ENVIRONMENT } from '../engine/environment';
import { inNamespace } from '../hosts/interfaces';
import { registryAddress, RUN_DIR, sandboxDir, type SandboxPlan } from '../plan';
import { killRecorded } from '../residents/kill';
import type { Inventory } from '../state/inventory';

const START_DEADLINE_MS = 20_000;
const RUN_FOLDER = `${RUN_DIR}/registry`;

const folderOf = (plan: SandboxPlan): string => `${sandboxDir(plan.stateDir)}/registry`;

/** Starts the private registry in its namespace, images under the state folder, and waits until it answers. */
export async function ensureRegistry(plan: SandboxPlan, inventory: Inventory, signal?: AbortSignal): Promise<void> {
  const folder = folderOf(plan);
  inventory.record({ kind: 'run-folder', name: RUN_FOLDER });
  inventory.record({ kind: 'data-folder', name: folder });
  mkdirSync(RUN_FOLDER, { recursive: true, mode: 0o700 });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // JSON is YAML too.
  writeFileSync(settingsFile(plan), JSON.stringify(registrySettings(plan), null, 2), { mode: 0o600 });
  const spec = registrySpec(plan);
  const { record } = await ensureProcess(spec, { signal });
  await awaitHealthy(spec, record, () => registryAnswers(registryAddress(plan)), {
    deadlineMs: START_DEADLINE_MS,
    signal,
  });
}

export async function stopRegistry(signal?: AbortSignal): Promise<void> {
  await stopProcess(recordFile(), { signal });
}

/** kill -9 of the registry, for fault tests. */
export async function killRegistry(): Promise<void> {
  await killRecorded(recordFile());
}

function registrySettings(plan: SandboxPlan): unknown {
  return {
    version: '0.1',
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: `${folderOf(plan)}/images` }, delete: { enabled: true } },
    http: { addr: registryAddress(plan) },
  };
}

function registrySpec(plan: SandboxPlan): ProcessSpec {
  return {
    name: 'the private registry',
    command: ['docker-registry', 'serve', settingsFile(plan)],
    commandPrefix: inNamespace(plan.registry.namespace),
    // It traces to a collector on localhost unless told not to.
    env: { ...DAEMON_ENVIRONMENT, OTEL_TRACES_EXPORTER: 'none' },
    logFile: `${folderOf(plan)}/registry.log`,
    stateFile: recordFile(),
  };
}

const settingsFile = (plan: SandboxPlan): string => `${folderOf(plan)}/registry.yaml`;
const recordFile = (): string => `${RUN_FOLDER}/registry.json`;

/** True when a registry answers. @param address its host:port */
export async function registryAnswers(address: string): Promise<boolean> {
  return fetch(`http://${address}/v2/`, { signal: AbortSignal.timeout(2000) }).then(
    (answer) => answer.ok,
    () => false,
  );
}

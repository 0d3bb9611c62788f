import { existsSync, readFileSync, readdirSync, rmSync, rmdirSync } from 'node:fs';
import { BlosmError } from '../../chaincode/src/model';
import { runCommand, stopProcess } from '../processes';
import { removeForwardRule } from './hosts/bridge';
import { interfaceExists, namespaceExists } from './hosts/interfaces';
import { removeCgroup } from './residents/cgroup';
import { detachMounts, mountsBelow } from './residents/mounts';
import { clearNamespace } from './residents/namespace';
import { withClaim } from './state/claim';
import { sandboxDir } from './plan';
import { planPath } from './state/kept-plan';
import { openInventory, replaceInventory, type MadeThing } from './state/inventory';

export interface DownOptions {
  readonly stateDir: string;
  /** Also removes images, containers and logs. */
  readonly purge?: boolean;
  readonly signal?: AbortSignal | undefined;
}

type Engine = Extract<MadeThing, { kind: 'engine' }>;

const GRACE_MS = 5000;

/**
 * Takes away everything that the inventory lists, whatever state it is in: it needs no daemon to answer. Containers
 * stop; what they have written stays for the next up unless `purge` is set.
 * @throws BlosmError BLOSM_E_CONFLICT when another program is changing the sandbox
 */
export async function infrastructureDown(options: DownOptions): Promise<void> {
  if (openInventory(options.stateDir).things().length === 0) return;
  await takeDown(options.stateDir, () => removeInfrastructure(options));
}

/**
 * Runs a change under the claim. Where only folders of data are left the machine may be another sandbox's, and with it
 * everything under the run folder: then `live` is false.
 */
export async function takeDown(stateDir: string, change: (live: boolean) => Promise<void>): Promise<void> {
  const onlyData = openInventory(stateDir)
    .things()
    .every((thing) => thing.kind === 'data-folder');
  await (onlyData ? change(false) : withClaim(stateDir, 'takes it down', () => change(true)));
}

/** {@link infrastructureDown} for a caller that holds the claim; it gives the machine free. */
export async function removeInfrastructure(options: DownOptions): Promise<void> {
  const things = openInventory(options.stateDir).things();
  await removeAll(things, options.purge === true, options.signal);
  const left = things.filter((thing) => options.purge !== true && thing.kind === 'data-folder');
  replaceInventory(options.stateDir, left);
  if (options.purge === true) removeSandboxDir(options.stateDir);
}

function removeSandboxDir(stateDir: string): void {
  rmSync(planPath(stateDir), { force: true });
  try {
    rmdirSync(sandboxDir(stateDir));
  } catch {
    // someone has put something else into it
  }
}

async function removeAll(things: readonly MadeThing[], purge: boolean, signal: AbortSignal | undefined): Promise<void> {
  const engines = things.filter((thing) => thing.kind === 'engine');
  const named = (...kinds: readonly MadeThing['kind'][]): readonly string[] =>
    kinds.flatMap((kind) => things.filter((thing) => thing.kind === kind)).map((thing) => thing.name);
  await Promise.all(engines.map((engine) => stopContainers(engine, signal)));
  await Promise.all(named('namespace').map((name) => clearNamespace(name, GRACE_MS, signal)));
  for (const engine of engines) await removeEngineTraces(engine, signal);
  for (const name of named('namespace')) await removeNamespace(name);
  for (const name of named('link', 'bridge')) await removeInterface(name);
  if (named('forward-rule').length > 0) await removeForwardRule();
  for (const folder of named('run-folder', ...(purge ? (['data-folder'] as const) : []))) removeFolder(folder);
}

/** The engine stops its containers itself as long as it can be asked; what is left after that is killed. */
async function stopContainers(engine: Engine, signal: AbortSignal | undefined): Promise<void> {
  for (const folder of engine.folders) {
    await stopProcess(`${folder}/agent.json`, { graceMs: GRACE_MS, signal });
  }
  for (const folder of engine.folders) {
    await stopProcess(`${folder}/dockerd.json`, { graceMs: 3 * GRACE_MS, signal });
  }
  await removeCgroup(engine.name, signal);
}

async function removeEngineTraces(engine: Engine, signal: AbortSignal | undefined): Promise<void> {
  await removeCgroup(engine.name, signal);
  for (const folder of engine.folders) {
    removeShimSockets(folder);
    await detachMounts(folder, signal);
  }
}

/** containerd keeps them in a folder of the machine; each container's folder says where its own is. */
function removeShimSockets(folder: string): void {
  const tasks = `${folder}/containerd/io.containerd.runtime.v2.task`;
  if (!existsSync(tasks)) return;
  for (const entry of readdirSync(tasks, { recursive: true, withFileTypes: true })) {
    if (entry.name !== 'address' || !entry.isFile()) continue;
    const address = readFileSync(`${entry.parentPath}/address`, 'utf8').trim();
    if (address.startsWith('unix:///run/containerd/s/')) rmSync(address.slice('unix://'.length), { force: true });
  }
}

async function removeNamespace(name: string): Promise<void> {
  if (namespaceExists(name)) await runCommand(['ip', 'netns', 'del', name]);
}

async function removeInterface(name: string): Promise<void> {
  // With its namespace the other end goes too, a moment later: it may vanish between the two lines.
  if (!interfaceExists(name)) return;
  await runCommand(['ip', 'link', 'del', name]).catch((failure: unknown) => {
    if (interfaceExists(name)) throw failure;
  });
}

function removeFolder(folder: string): void {
  const [mount] = mountsBelow(folder);
  if (mount !== undefined) {
    const message = `${mount.path} is still mounted, so ${folder} is not removed`;
    throw new BlosmError('BLOSM_E_COMMAND_FAILED', message, { stage: 'sandbox', hint: `umount -l ${mount.path}` });
  }
  rmSync(folder, { recursive: true, force: true });
}

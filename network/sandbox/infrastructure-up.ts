import { mkdirSync } from 'node:fs';
import { sync as writeFileAtomicSync } from 'write-file-atomic';
import type { Topology } from '../topology';
import { ensureEngine } from './engine/engine';
import { ensureBridge } from './hosts/bridge';
import { ensureHost } from './hosts/host';
import { hostsOf, planSandbox, registryAddress, sandboxDir, type SandboxPlan } from './plan';
import { assertPrerequisites } from './prerequisites';
import { ensureRegistry } from './registry/registry';
import { withClaim } from './state/claim';
import { openInventory } from './state/inventory';
import { planPath } from './state/kept-plan';

export interface InfrastructureOptions {
  readonly topology: Topology;
  readonly stateDir: string;
  /** Told of each step as it begins, for people. */
  readonly onStep?: ((step: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Brings up the hosts, the private registry and a Docker Engine for each cluster. What runs already is kept, so that
 * calling it again mends what has died.
 * @throws BlosmError BLOSM_E_CONFLICT when this machine runs another sandbox, BLOSM_E_COMMAND_FAILED,
 *   BLOSM_E_PREREQUISITE
 */
export async function infrastructureUp(options: InfrastructureOptions): Promise<SandboxPlan> {
  return withClaim(options.stateDir, 'brings it up', () => ensureInfrastructure(options));
}

/** {@link infrastructureUp} for a caller that holds the claim. */
export async function ensureInfrastructure(options: InfrastructureOptions): Promise<SandboxPlan> {
  const { signal } = options;
  const step = options.onStep ?? ((): void => undefined);
  assertPrerequisites();
  const plan = planSandbox(options.topology, options.stateDir);
  mkdirSync(sandboxDir(plan.stateDir), { recursive: true, mode: 0o700 });
  writeFileAtomicSync(planPath(plan.stateDir), JSON.stringify(plan.topology, null, 2));
  const inventory = openInventory(plan.stateDir);
  step('hosts and links');
  await ensureBridge(inventory, signal);
  for (const host of hostsOf(plan)) await ensureHost(host, inventory, signal);
  step('private registry and Docker Engines');
  const registry = registryAddress(plan);
  const starts = plan.clusters.map((cluster) => ensureEngine(cluster, { registry, inventory, signal }));
  await settled([ensureRegistry(plan, inventory, signal), ...starts]);
  return plan;
}

/** Waits for all even when one fails, so that nothing is still being started after the failure is reported. */
export async function settled(starts: readonly Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(starts);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

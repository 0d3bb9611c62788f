import { fabricDown, fabricReset, fabricUp, type FabricState } from '../fabric';
import { writeAgentFiles, type AgentSettings } from './agent-file';
import { startAgent, stopAgent, type StartAgentOptions } from './agents';
import { fabricPlacement } from './fabric-placement';
import { removeInfrastructure, takeDown, type DownOptions } from './infrastructure-down';
import { ensureInfrastructure, settled, type InfrastructureOptions } from './infrastructure-up';
import type { SandboxPlan } from './plan';
import { withClaim } from './state/claim';
import { openInventory } from './state/inventory';
import { planExists, readPlan } from './state/kept-plan';

export interface SandboxOptions extends InfrastructureOptions {
  /** The chaincode's folder, built; the project's own when left out. */
  readonly chaincodeFolder?: string;
  /** What the agents' configuration says about evaluation, migration and logs. */
  readonly agentSettings?: AgentSettings;
  /** How the agents are started; false: not at all. */
  readonly agents?: StartAgentOptions | false;
  /** Runs when the ledger and the agents' files are there, before the agents start, e.g. to register the nodes. */
  readonly beforeAgents?: (sandbox: Sandbox) => Promise<void>;
}

/** A sandbox that is up. */
export interface Sandbox {
  readonly plan: SandboxPlan;
  readonly fabric: FabricState;
}

/**
 * Brings up everything on one machine: hosts, links, engines, the private registry, the ledger, the agents. What runs
 * already is kept.
 * @throws BlosmError BLOSM_E_CONFLICT when this machine runs another sandbox, BLOSM_E_COMMAND_FAILED,
 *   BLOSM_E_PREREQUISITE
 */
export async function sandboxUp(options: SandboxOptions): Promise<Sandbox> {
  return withClaim(options.stateDir, 'brings it up', async () => {
    const plan = await ensureInfrastructure(options);
    const fabric = await ensureLedger(plan, options);
    writeAgentFiles(plan, fabric, options.agentSettings);
    const sandbox = { plan, fabric };
    await options.beforeAgents?.(sandbox);
    const { agents } = options;
    if (agents !== false) {
      options.onStep?.('agents');
      await settled(plan.clusters.map((cluster) => startAgent(cluster, { signal: options.signal, ...agents })));
    }
    return sandbox;
  });
}

async function ensureLedger(plan: SandboxPlan, options: SandboxOptions): Promise<FabricState> {
  const { chaincodeFolder, onStep, signal } = options;
  const { state } = await fabricUp({
    topology: plan.topology,
    stateFolder: plan.stateDir,
    placement: fabricPlacement(plan),
    ...(chaincodeFolder === undefined ? {} : { chaincodeFolder }),
    ...(onStep === undefined ? {} : { onStep }),
    ...(signal === undefined ? {} : { signal }),
  });
  return state;
}

/**
 * Takes a sandbox down from what it has written down, whatever still runs of it. With `purge` the ledgers, images and
 * containers go too.
 * @throws BlosmError BLOSM_E_CONFLICT when another program is changing the sandbox
 */
export async function sandboxDown(options: DownOptions): Promise<void> {
  const { stateDir, signal } = options;
  if (openInventory(stateDir).things().length === 0 && !planExists(stateDir)) return;
  await takeDown(stateDir, async (live) => {
    const clusters = live && planExists(stateDir) ? readPlan(stateDir).clusters : [];
    await Promise.all(clusters.map((cluster) => stopAgent(cluster, signal)));
    const ledger = { stateFolder: stateDir, ...(signal === undefined ? {} : { signal }) };
    await (options.purge === true ? fabricReset(ledger) : fabricDown(ledger));
    await removeInfrastructure(options);
  });
}

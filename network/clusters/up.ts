import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { sync as writeFileAtomicSync } from 'write-file-atomic';
import { clusterFabricFiles, fabricUp, type FabricState } from '../fabric';
import { waitUntil } from '../processes';
import { callSocket, registryAddress, sandboxUp, startAgent, type ClusterPlan, type SandboxPlan } from '../sandbox';
import type { Topology } from '../topology';
import { agentConfigOf, agentConfigText, type AgentConfigSources } from './agent-config';
import { blosm } from './command';
import { sandboxPlacement } from './placement';

/** How long an agent may take until it has caught up with the ledger. */
const READY_DEADLINE_MS = 60_000;

export interface ClustersUpOptions {
  readonly topology: Topology;
  readonly stateDir: string;
  readonly overrides?: AgentConfigSources['overrides'];
  readonly onStep?: (step: string) => void;
  readonly signal?: AbortSignal;
}

/** A running sandbox with everything in it. */
export interface Clusters {
  readonly plan: SandboxPlan;
  readonly fabric: FabricState;
}

/**
 * Everything on one machine: hosts, engines, registry, Fabric, and a registered agent in every cluster. Repeating it
 * starts what is missing.
 * @throws BlosmError BLOSM_E_COMMAND_FAILED, BLOSM_E_PREREQUISITE, BLOSM_E_CONFLICT
 */
export async function clustersUp(options: ClustersUpOptions): Promise<Clusters> {
  const { topology, stateDir, signal, onStep = () => undefined } = options;
  const limits = signal === undefined ? {} : { signal };
  const plan = await sandboxUp({ topology, stateDir, onStep, ...limits });
  const placement = sandboxPlacement(plan);
  const { state } = await fabricUp({ topology, stateFolder: stateDir, placement, onStep, ...limits });
  onStep('agents');
  await Promise.all(plan.clusters.map((cluster) => agentUp(options, plan, state, cluster)));
  await Promise.all(plan.clusters.map((cluster) => register(state, cluster, signal)));
  await Promise.all(plan.clusters.map((cluster) => agentReady(cluster, signal)));
  return { plan, fabric: state };
}

async function agentUp(
  { topology, overrides, signal }: ClustersUpOptions,
  plan: SandboxPlan,
  state: FabricState,
  cluster: ClusterPlan,
): Promise<void> {
  const described = topology.clusters.find(({ name }) => name === cluster.name);
  if (described === undefined) return;
  const config = agentConfigOf({
    plan: cluster,
    cluster: described,
    channel: topology.channel,
    files: clusterFabricFiles(state, cluster.name),
    registry: registryAddress(plan),
    ...(overrides === undefined ? {} : { overrides }),
  });
  mkdirSync(dirname(cluster.agent.config), { recursive: true });
  writeFileAtomicSync(cluster.agent.config, agentConfigText(config));
  await startAgent(cluster, { signal });
}

/** As the organisation's admin: the agent's certificate is what speaks for the node from now on. */
async function register(state: FabricState, cluster: ClusterPlan, signal?: AbortSignal): Promise<void> {
  const { adminCertificate, adminKey } = clusterFabricFiles(state, cluster.name);
  const admin = ['--admin-certificate', adminCertificate, '--admin-key', adminKey];
  await blosm(cluster, ['cluster', 'register', ...admin], signal);
}

/** @throws BlosmError BLOSM_E_TIMEOUT with what the agent still waits for */
export async function agentReady(cluster: ClusterPlan, signal?: AbortSignal): Promise<void> {
  await waitUntil(
    async () => {
      const answer = await callSocket(cluster.agent.controlSocket, '/readyz', { timeoutMs: 2000 });
      if (answer.status !== 200) throw new Error(answer.text);
      return true;
    },
    {
      deadlineMs: READY_DEADLINE_MS,
      what: `${cluster.name}'s agent to be ready`,
      ...(signal === undefined ? {} : { signal }),
    },
  );
}

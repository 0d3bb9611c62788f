import { clusterFabricFiles, type FabricState } from '../fabric';
import { waitUntil } from '../processes';
import { callSocket, GATEWAY_PORT, sandboxUp, type ClusterPlan, type Sandbox, type SandboxOptions } from '../sandbox';
import { blosm } from './command';

/** How long an agent may take until it has caught up with the ledger. */
const READY_DEADLINE_MS = 60_000;

/**
 * A sandbox in which every agent is registered on the ledger and ready. Repeating it starts what is missing.
 * @throws BlosmError BLOSM_E_COMMAND_FAILED, BLOSM_E_PREREQUISITE, BLOSM_E_CONFLICT, BLOSM_E_TIMEOUT
 */
export async function clustersUp(options: SandboxOptions): Promise<Sandbox> {
  const sandbox = await sandboxUp(options);
  const { clusters } = sandbox.plan;
  options.onStep?.('nodes on the ledger');
  await Promise.all(clusters.map((cluster) => register(sandbox.fabric, cluster, options.signal)));
  await Promise.all(clusters.map((cluster) => agentReady(cluster, options.signal)));
  return sandbox;
}

/** Where devices reach a cluster. */
export const gatewayUrl = (cluster: ClusterPlan): string => `http://${cluster.address}:${GATEWAY_PORT}`;

/** As the organisation's admin: the agent's certificate is what speaks for the node from now on. */
async function register(fabric: FabricState, cluster: ClusterPlan, signal?: AbortSignal): Promise<void> {
  const { adminCertificate, adminKey } = clusterFabricFiles(fabric, cluster.name);
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

import { pingEngine } from './engine/api';
import { interfaceExists, namespaceExists } from './hosts/interfaces';
import { BRIDGE, registryAddress, type ClusterPlan, type HostPlan, type SandboxPlan } from './plan';
import { agentAnswers } from './agents';
import { registryAnswers } from './registry/registry';
import { claimedStateDir } from './state/claim';
import { readPlan } from './state/kept-plan';

export interface HostStatus {
  readonly name: string;
  readonly address: string;
  /** The namespace and its link exist. */
  readonly exists: boolean;
}

export interface ClusterStatus extends HostStatus {
  readonly engineAnswers: boolean;
  readonly agentAnswers: boolean;
}

export interface SandboxStatus {
  readonly stateDir: string;
  /** The state folder of the sandbox that this machine runs now, if any: it may be another one. */
  readonly machineRuns: string | undefined;
  readonly bridge: boolean;
  readonly orderer: HostStatus;
  readonly registry: HostStatus & { readonly answers: boolean };
  readonly clusters: readonly ClusterStatus[];
}

/**
 * What of a sandbox is there and answers. Changes nothing.
 * @throws BlosmError BLOSM_E_NOT_FOUND when no sandbox was ever brought up with this state folder
 */
export async function sandboxStatus(options: { readonly stateDir: string }): Promise<SandboxStatus> {
  const plan: SandboxPlan = readPlan(options.stateDir);
  const [answers, ...clusters] = await Promise.all([
    registryAnswers(registryAddress(plan)),
    ...plan.clusters.map(clusterStatus),
  ]);
  return {
    stateDir: plan.stateDir,
    machineRuns: claimedStateDir(),
    bridge: interfaceExists(BRIDGE),
    orderer: hostStatus(plan.orderer),
    registry: { ...hostStatus(plan.registry), answers },
    clusters,
  };
}

function hostStatus(host: HostPlan): HostStatus {
  const exists = namespaceExists(host.namespace) && interfaceExists(host.link);
  return { name: host.name, address: host.address, exists };
}

async function clusterStatus(cluster: ClusterPlan): Promise<ClusterStatus> {
  const [engine, agent] = await Promise.all([pingEngine(cluster.engine.socket), agentAnswers(cluster)]);
  return { ...hostStatus(cluster), engineAnswers: engine, agentAnswers: agent };
}

import { mkdirSync } from 'node:fs';
import { sync as writeFileAtomicSync } from 'write-file-atomic';
import { stringify } from 'yaml';
import type { z } from 'zod';
import type { AgentConfig } from '../../agent/config/schema';
import { clusterFabricFiles, type FabricState } from '../fabric';
import type { TopologyCluster } from '../topology';
import { registryAddress, type ClusterPlan, type SandboxPlan } from './plan';

export const GATEWAY_PORT = 8080;
export const PEER_PORT = 8443;

type AgentFile = z.input<typeof AgentConfig>;

/** What the sandbox leaves open in its agents' configuration. */
export type AgentSettings = Pick<AgentFile, 'evaluation' | 'migration' | 'lease' | 'log'>;

/** The configuration of a cluster's agent. */
export function agentFile(
  plan: SandboxPlan,
  cluster: ClusterPlan,
  fabric: FabricState,
  settings: AgentSettings,
): AgentFile {
  const { site, coverageRadiusMeters, applicationTypes, capacity } = topologyOf(plan, cluster);
  const files = clusterFabricFiles(fabric, cluster.name);
  return {
    cluster: {
      name: cluster.name,
      mspId: cluster.mspId,
      sourceIp: cluster.address,
      site,
      coverageRadiusMeters,
      applicationTypes,
      capacity,
    },
    ledger: {
      connectionProfile: files.connectionProfile,
      channel: fabric.channel,
      chaincode: fabric.chaincode,
      certificate: files.agentCertificate,
      privateKey: files.agentKey,
    },
    docker: { socket: cluster.engine.socket },
    registry: { address: registryAddress(plan) },
    gateway: { listen: `${cluster.address}:${GATEWAY_PORT}` },
    peers: { listen: `${cluster.address}:${PEER_PORT}` },
    control: { socket: cluster.agent.controlSocket },
    state: { directory: cluster.agent.stateDir },
    ...settings,
  };
}

/** Writes the configuration of every cluster's agent. */
export function writeAgentFiles(plan: SandboxPlan, fabric: FabricState, settings: AgentSettings = {}): void {
  for (const cluster of plan.clusters) {
    mkdirSync(cluster.agent.stateDir, { recursive: true, mode: 0o700 });
    writeFileAtomicSync(cluster.agent.config, stringify(agentFile(plan, cluster, fabric, settings)), { mode: 0o600 });
  }
}

function topologyOf(plan: SandboxPlan, cluster: ClusterPlan): TopologyCluster {
  const found = plan.topology.clusters.find(({ name }) => name === cluster.name);
  if (found === undefined) throw new Error(`the plan has no cluster ${cluster.name}`);
  return found;
}

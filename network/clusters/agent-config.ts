import { stringify } from 'yaml';
import type { z } from 'zod';
import { AgentConfig } from '../../agent/config/schema';
import type { ClusterFabricFiles } from '../fabric';
import type { ClusterPlan } from '../sandbox';
import type { TopologyCluster } from '../topology';

/** Ports inside a cluster's namespace. */
export const GATEWAY_PORT = 8080;
export const PEERS_PORT = 8443;

export interface AgentConfigSources {
  readonly plan: ClusterPlan;
  readonly cluster: TopologyCluster;
  readonly channel: string;
  readonly files: ClusterFabricFiles;
  /** `host:port` of the private registry. */
  readonly registry: string;
  /** Replaces what a test or an experiment needs otherwise, section by section. */
  readonly overrides?: Pick<z.input<typeof AgentConfig>, 'evaluation' | 'migration' | 'log'>;
}

/** The configuration of one cluster's agent in the sandbox. Pure. */
export function agentConfigOf({ plan, cluster, channel, files, registry, overrides }: AgentConfigSources): AgentConfig {
  return AgentConfig.parse({
    cluster: {
      name: cluster.name,
      mspId: cluster.mspId,
      sourceIp: plan.address,
      site: cluster.site,
      coverageRadiusMeters: cluster.coverageRadiusMeters,
      applicationTypes: cluster.applicationTypes,
      capacity: cluster.capacity,
    },
    ledger: {
      connectionProfile: files.connectionProfile,
      channel,
      certificate: files.agentCertificate,
      privateKey: files.agentKey,
    },
    docker: { socket: plan.engine.socket },
    registry: { address: registry },
    gateway: { listen: `${plan.address}:${GATEWAY_PORT}` },
    peers: { listen: `${plan.address}:${PEERS_PORT}` },
    control: { socket: plan.agent.controlSocket },
    state: { directory: plan.agent.stateDir },
    ...overrides,
  });
}

export const agentConfigText = (config: AgentConfig): string =>
  `# Written by the sandbox; overwritten at its next start.\n${stringify(config)}`;

/** Where devices reach a cluster of the sandbox. */
export const gatewayUrl = (plan: ClusterPlan): string => `http://${plan.address}:${GATEWAY_PORT}`;

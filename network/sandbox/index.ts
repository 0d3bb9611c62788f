/** Edge clusters as network namespaces of one machine, each with its own Docker Engine and a link of limited rate. */
export { GATEWAY_PORT, PEER_PORT, agentFile, writeAgentFiles, type AgentSettings } from './agent-file';
export { fabricPlacement } from './fabric-placement';
export { agentAnswers, agentLog, agentPid, killAgent, startAgent, stopAgent, type StartAgentOptions } from './agents';
export { infrastructureDown, type DownOptions } from './infrastructure-down';
export { callEngine, callSocket, pingEngine } from './engine/api';
export { ensureEngine, killEngine, stopEngine, type EngineOptions } from './engine/engine';
export { imageReference, preloadImage, pullImage, type ImageInRegistry } from './engine/preload';
export { cutLink, mendLink, shapeLink } from './hosts/host';
export { inNamespace } from './hosts/interfaces';
export {
  BRIDGE,
  GATEWAY,
  hostsOf,
  planSandbox,
  registryAddress,
  sandboxDir,
  type AgentPlan,
  type ClusterPlan,
  type EnginePlan,
  type HostPlan,
  type SandboxPlan,
} from './plan';
export { missingPrerequisites } from './prerequisites';
export { ensureRegistry, killRegistry, registryAnswers, stopRegistry } from './registry/registry';
export { membersOf } from './residents/cgroup';
export { mountsBelow } from './residents/mounts';
export { residentsOf } from './residents/namespace';
export { openInventory } from './state/inventory';
export { readPlan } from './state/kept-plan';
export { sandboxStatus, type ClusterStatus, type HostStatus, type SandboxStatus } from './status';
export { infrastructureUp, type InfrastructureOptions } from './infrastructure-up';
export { sandboxDown, sandboxUp, type Sandbox, type SandboxOptions } from './sandbox';

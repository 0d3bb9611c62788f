/** The whole sandbox: hosts, engines, registry, Fabric and agents, brought up and taken down together. */
export { agentConfigOf, agentConfigText, gatewayUrl, GATEWAY_PORT, PEERS_PORT } from './agent-config';
export { blosm } from './command';
export { clustersDown, type ClustersDownOptions } from './down';
export { sandboxPlacement } from './placement';
export { agentReady, clustersUp, type Clusters, type ClustersUpOptions } from './up';

/** The sandbox with registered and ready agents, and the command line on each cluster's edge master. */
export { blosm } from './command';
export { agentReady, clustersUp, gatewayUrl } from './up';

export { startGateway } from './gateway';
export type { ForwardedRequests, Gateway, GatewayOptions } from './gateway';
export { DEFAULT_LIMITS } from './limits';
export type { GatewayLimits } from './limits';

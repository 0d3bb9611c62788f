export { startGateway } from './gateway';
export type { ForwardedRequests, Gateway, GatewayOptions } from './gateway';
export type { GatewayLimits, ServiceLimits } from './limits';

export { connectFabricGateway } from './connect-gateway';

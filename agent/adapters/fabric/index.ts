export { connectFabric } from './connect-fabric';

export { connectFabric } from './connect-fabric';
export type { FabricOptions } from './connect-fabric';

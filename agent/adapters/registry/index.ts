export { inspectRegistry } from './inspect';
export { createLayerSizes, type RegistryOptions } from './layer-sizes';

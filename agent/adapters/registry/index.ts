export { createLayerSizes, type RegistryOptions } from './layer-sizes';

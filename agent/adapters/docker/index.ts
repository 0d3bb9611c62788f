export { connectDocker } from './connect';
export type {
  DiskReading,
  DockerOptions,
  GpuReading,
  HostReadings,
  LayerSizes,
  RegistryAuth,
  RegistrySettings,
} from './options';

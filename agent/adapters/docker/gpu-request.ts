import type { WireInfo } from './wire';

/** A service's wish for GPUs in the words of one host. */
export interface GpuRequest {
  readonly host: object;
  /** Variables that the runtime reads; those of the service win. */
  readonly env: readonly { readonly name: string; readonly value: string }[];
}

/**
 * Where the engine lists the runtime it is taken: on NVIDIA Jetson device requests are ignored
 * (nvidia-container-toolkit in CSV mode). Elsewhere the engine's own device requests do it without any runtime.
 */
export function gpuRequest(gpuRuntime: string, info: WireInfo): GpuRequest {
  const wanted = gpuRuntime === '' ? 'nvidia' : gpuRuntime;
  if (Object.hasOwn(info.Runtimes ?? {}, wanted)) {
    return { host: { Runtime: wanted }, env: [{ name: 'NVIDIA_VISIBLE_DEVICES', value: 'all' }] };
  }
  return { host: { DeviceRequests: [{ Driver: 'nvidia', Count: -1, Capabilities: [['gpu']] }] }, env: [] };
}

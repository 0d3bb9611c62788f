import type { CallOptions } from '../../ports/call';
import type { EngineObservation } from '../../ports/engine';
import { imageStoreOf, type EngineContext } from './context';
import { withDeadline } from './deadline';
import { ociPlatform } from './platform';

const OBSERVE_MS = 15_000;

export function observe(context: EngineContext, options?: CallOptions): Promise<EngineObservation> {
  const operation = { what: 'read the engine', stage: 'observe', defaultTimeoutMs: OBSERVE_MS };
  const { host } = context.options;
  return withDeadline(operation, options, async (signal) => {
    const info = await context.info(signal);
    const [disk, memoryAvailableBytes, loadMillis, gpu, l4tRelease] = await Promise.all([
      host.disk(info.DockerRootDir),
      host.memoryAvailableBytes(),
      host.loadMillis(),
      host.gpu(signal),
      host.l4tRelease(),
    ]);
    const cpuMillis = info.NCPU * 1000;
    return {
      engineVersion: info.ServerVersion,
      imageStore: imageStoreOf(info),
      platform: ociPlatform(info.OSType, info.Architecture),
      runtimes: Object.keys(info.Runtimes ?? {}).sort(),
      total: {
        memoryBytes: info.MemTotal,
        cpuMillis,
        gpuMillis: gpu.totalMillis,
        diskBytes: disk?.totalBytes ?? 0,
      },
      free: {
        memoryBytes: memoryAvailableBytes ?? 0,
        cpuMillis: Math.max(0, cpuMillis - (loadMillis ?? cpuMillis)),
        gpuMillis: gpu.freeMillis,
        diskBytes: disk?.freeBytes ?? 0,
      },
      l4tRelease,
      gpuSource: gpu.source,
    };
  });
}

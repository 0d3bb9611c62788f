import { readGpu, type GpuReading } from './gpu';
import { readL4tRelease } from './jetson';
import { thisMachine, type Machine } from './machine';

export interface HostOptions {
  /** What the configuration says the GPUs are worth; 0: nothing. */
  readonly declaredGpuMillis: number;
  /** Left out: the machine that this runs on. */
  readonly machine?: Machine;
}

/** Readings of a host beside what its engine tells. None of them fails: what cannot be read is null, empty or 0. */
export interface Host {
  /** Of the file system that holds the path; null where the path is not visible from here. */
  disk(path: string): Promise<{ readonly totalBytes: number; readonly freeBytes: number } | null>;
  /** What the kernel could give to a new program without swapping (`MemAvailable`, proc(5)). */
  memoryAvailableBytes(): Promise<number | null>;
  /** The load average of one minute in thousandths of a core. */
  loadMillis(): Promise<number | null>;
  gpu(signal?: AbortSignal): Promise<GpuReading>;
  l4tRelease(): Promise<string>;
}

export function connectHost({ declaredGpuMillis, machine = thisMachine }: HostOptions): Host {
  return {
    disk: (path) => machine.fileSystem(path),
    memoryAvailableBytes: async () => {
      const found = /^MemAvailable:\s+(\d+) kB$/m.exec((await machine.readText('/proc/meminfo')) ?? '');
      return found === null ? null : Number(found[1]) * 1024;
    },
    loadMillis: async () => {
      const found = /^(\d+\.\d+) /.exec((await machine.readText('/proc/loadavg')) ?? '');
      return found === null ? null : Math.round(Number(found[1]) * 1000);
    },
    gpu: (signal) => readGpu(machine, declaredGpuMillis, signal),
    l4tRelease: () => readL4tRelease(machine),
  };
}

import type { Log } from '../../ports/log';

/** Credentials for the private registry. */
export interface RegistryAuth {
  readonly username: string;
  readonly password: string;
}

/** The private registry as this cluster's engine reaches it. */
export interface RegistrySettings {
  /** `host:port` or `host`. */
  readonly address: string;
  readonly auth?: RegistryAuth;
}

/** Bytes of a file system. */
export interface DiskReading {
  readonly totalBytes: number;
  readonly freeBytes: number;
}

/** What the host says of its GPUs; 1000 per GPU. */
export interface GpuReading {
  readonly source: 'nvidia-smi' | 'jetson-sysfs' | 'declared' | 'none';
  readonly totalMillis: number;
  readonly freeMillis: number;
}

/** What the engine does not tell of its host. Each reading is null (or empty) where the host does not show it. */
export interface HostReadings {
  disk(path: string): Promise<DiskReading | null>;
  memoryAvailableBytes(): Promise<number | null>;
  /** Runnable threads over the last minute, in thousandths of a core. */
  loadMillis(): Promise<number | null>;
  gpu(signal?: AbortSignal): Promise<GpuReading>;
  l4tRelease(): Promise<string>;
}

/**
 * The compressed sizes in bytes of a manifest's layers, bottom first, as the registry tells them.
 * @param repository path without the registry's address
 */
export type LayerSizes = (
  repository: string,
  manifestDigest: string,
  signal: AbortSignal,
) => Promise<readonly number[]>;

export interface DockerOptions {
  /** The engine's unix socket. */
  readonly socketPath: string;
  /** Network that containers join, e.g. `bridge`; their address on it is where the agent reaches them. */
  readonly network: string;
  readonly registry: RegistrySettings;
  readonly host: HostReadings;
  /** Left out: `sentBytes` of a push are the bytes before compression, as the engine counts them. */
  readonly layerSizes?: LayerSizes;
  readonly log?: Log;
  /** Milliseconds without any progress after which a push or pull is given up; 60 000 when left out. */
  readonly transferIdleMs?: number;
}

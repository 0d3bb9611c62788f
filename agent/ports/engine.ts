import type { Platform, Resources, RunSpec } from '../../chaincode/src/model';
import type { ContainerObservation, ContainerOwner } from '../domain/container';
import type { CallOptions } from './call';

export type { ContainerObservation, ContainerOwner } from '../domain/container';

/** What the host of the engine has, whoever uses it. */
export interface EngineObservation {
  readonly engineVersion: string;
  /** E.g. `overlay2` (classic image store) or `io.containerd.snapshotter.v1`. */
  readonly imageStore: string;
  readonly platform: Platform;
  /** Names of the runtimes, e.g. `runc`, `nvidia`. */
  readonly runtimes: readonly string[];
  /** Physical totals; disk is that of the engine's data folder. */
  readonly total: Resources;
  /** What the system itself reports as free now: shown beside the promises, never decided upon by `strict`. */
  readonly free: Resources;
  /** NVIDIA Jetson's L4T release; empty elsewhere. */
  readonly l4tRelease: string;
  /** Where the GPU's numbers come from. */
  readonly gpuSource: 'nvidia-smi' | 'jetson-sysfs' | 'declared' | 'none';
}

export interface ContainerOrder extends ContainerOwner {
  readonly name: string;
  /** A reference that the engine holds, or a config digest. */
  readonly image: string;
  readonly spec: RunSpec;
  readonly promised: Resources;
  readonly gpuRuntime: string;
}

export interface ImageObservation {
  readonly configDigest: string;
  /** The layers' diffIDs (OCI image specification), bottom first. */
  readonly diffIds: readonly string[];
  readonly sizeBytes: number;
  readonly platform: Platform;
}

export interface ContainerUsage {
  readonly cpuMillis: number;
  readonly memoryBytes: number;
  readonly gpuMillis: number;
  /** Image and writable layer. */
  readonly totalSizeBytes: number;
  /** The writable layer alone. */
  readonly writableBytes: number;
}

export interface TransferProgress {
  readonly layersDone: number;
  readonly layersTotal: number;
  readonly bytesDone: number;
  readonly bytesTotal: number;
}

export interface PushedImage {
  /** Digest of the manifest in the registry. */
  readonly manifestDigest: string;
  /** Compressed bytes of the layers that the registry did not have. */
  readonly sentBytes: number;
}

/** What an engine tells of a node's containers. It only says that there is something to look at. */
export type EngineNews =
  /** From here on all is told. What was before is not: it has to be looked at. */
  | { readonly kind: 'watching' }
  /**
   * A container was created, started, paused or woken, has ended or is gone, as the list shows by now; told once or
   * several times.
   */
  | { readonly kind: 'container'; readonly containerId: string; readonly owner: ContainerOwner };

/**
 * A container engine. Fails with BlosmError: BLOSM_E_ENGINE_UNREACHABLE, BLOSM_E_ENGINE, BLOSM_E_NOT_FOUND,
 * BLOSM_E_NO_SPACE, BLOSM_E_REGISTRY, BLOSM_E_TIMEOUT, BLOSM_E_CANCELLED. Start, stop and remove of what already is
 * so succeed: a step can be repeated after a crash.
 */
export interface Engine {
  observe(options?: CallOptions): Promise<EngineObservation>;
  /** Containers that carry this node's labels, running or not. */
  listContainers(nodeId: string, options?: CallOptions): Promise<ContainerObservation[]>;
  /** Null when the engine does not hold it. */
  inspectImage(reference: string, options?: CallOptions): Promise<ImageObservation | null>;
  /** DiffID lists of all images held: the layers that need not be sent. */
  listImages(options?: CallOptions): Promise<ImageObservation[]>;
  /** Creates but does not start; when a container of this name exists with the same owner, gives that one's id. */
  createContainer(order: ContainerOrder, options?: CallOptions): Promise<string>;
  startContainer(containerId: string, options?: CallOptions): Promise<void>;
  /** Sends the stop signal, waits `graceSeconds`, then kills. Also takes away any restart policy. */
  stopContainer(containerId: string, graceSeconds: number, options?: CallOptions): Promise<void>;
  removeContainer(containerId: string, options?: CallOptions): Promise<void>;
  /** Saves the file system of a stopped container as an image (paper, Fig. 9a). */
  commitContainer(containerId: string, reference: string, options?: CallOptions): Promise<ImageObservation>;
  pushImage(
    reference: string,
    onProgress: (progress: TransferProgress) => void,
    options?: CallOptions,
  ): Promise<PushedImage>;
  /** `reference` names the registry and ends in `@sha256:...` (or a tag, to register a service); missing layers only. */
  pullImage(
    reference: string,
    onProgress: (progress: TransferProgress) => void,
    options?: CallOptions,
  ): Promise<ImageObservation>;
  tagImage(reference: string, tag: string, options?: CallOptions): Promise<void>;
  removeImage(reference: string, options?: CallOptions): Promise<void>;
  usage(containerId: string, options?: CallOptions): Promise<ContainerUsage>;
  /**
   * Listens to what happens to the node's containers, `watching` first. It ends without an error only by the signal;
   * who listens has to listen again when it fails, and keep up: an engine does not wait for a slow listener.
   */
  watch(nodeId: string, signal: AbortSignal): AsyncIterable<EngineNews>;
}

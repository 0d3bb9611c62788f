import { BlosmError } from '../../../chaincode/src/model';
import type { EngineApi } from './api';
import type { DockerOptions } from './options';
import type { WireInfo } from './wire';

/** What the operations of one engine share. */
export interface EngineContext {
  readonly api: EngineApi;
  readonly options: DockerOptions;
  /** The engine's own description, read anew each time: an engine may be replaced while the agent runs. */
  info(signal: AbortSignal): Promise<WireInfo>;
}

export function createContext(api: EngineApi, options: DockerOptions): EngineContext {
  return {
    api,
    options,
    info: (signal) => api.call({ method: 'GET', path: '/info', what: 'read the engine', stage: 'observe', signal }),
  };
}

const CONTAINERD_STORE = 'io.containerd.snapshotter.v1';

/** `overlay2` or the like: the classic store; `io.containerd.snapshotter.v1`: containerd's. */
export function imageStoreOf(info: WireInfo): string {
  const kind = info.DriverStatus?.find(([name]) => name === 'driver-type')?.[1];
  return kind ?? info.Driver;
}

/**
 * Only the classic store identifies an image by its config's digest, which is what the ledger agrees on. With
 * containerd's store the id is the manifest's, and the engine hands out no config without the whole image.
 * @throws BlosmError BLOSM_E_UNSUPPORTED
 */
export function assertConfigDigests(info: WireInfo): void {
  if (imageStoreOf(info) !== CONTAINERD_STORE) return;
  throw new BlosmError('BLOSM_E_UNSUPPORTED', "this engine uses containerd's image store", {
    stage: 'image',
    hint: 'Set "features": {"containerd-snapshotter": false} in the daemon.json of this cluster\'s engine.',
  });
}

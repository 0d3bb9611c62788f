import type { HostReadings } from '../../agent/adapters/docker';

/** A host that shows some disk and memory, and no GPU. */
export const NO_HOST: HostReadings = {
  disk: () => Promise.resolve({ totalBytes: 1 << 30, freeBytes: 1 << 29 }),
  memoryAvailableBytes: () => Promise.resolve(1 << 20),
  loadMillis: () => Promise.resolve(0),
  gpu: () => Promise.resolve({ source: 'none', totalMillis: 0, freeMillis: 0 }),
  l4tRelease: () => Promise.resolve(''),
};

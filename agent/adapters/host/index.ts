export { connectHost, type Host, type HostOptions } from './connect';
export type { GpuReading } from './gpu';
export type { Machine } from './machine';

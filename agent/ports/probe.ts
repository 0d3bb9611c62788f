import type { CallOptions } from './call';

/** Asks a container over HTTP whether it serves. */
export interface Probe {
  /** True when `GET http://host:port/path` answers with a status from 200 to 299 within the timeout (default 2 s). */
  isHealthy(host: string, port: number, path: string, options?: CallOptions): Promise<boolean>;
}

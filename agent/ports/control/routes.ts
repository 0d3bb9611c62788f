import { z } from 'zod';
import { Count, Id } from '../../../chaincode/src/model';
import type { CallOptions } from '../call';
import { type ListRequest } from './request';

/** Where the gateway of this cluster sends requests of an instance now. */
export const RouteView = z.object({
  instanceId: Id,
  serviceId: z.string(),
  /**
   * served: by the container here; held: until the container answers; refused: with Retry-After; forwarded: to the
   * owner's cluster; gone: answered 410; unknown: nobody has looked yet.
   */
  mode: z.enum(['served', 'held', 'refused', 'forwarded', 'gone', 'unknown']),
  /** `host:port` of the container, or the name of the other cluster; empty: nowhere. */
  target: z.string(),
  /** Why they are held or refused; empty: they are not. */
  reason: z.string(),
  /** Requests that the container here is answering now. */
  inFlight: Count,
  /** Requests that are being held now. */
  held: Count,
});
export type RouteView = z.infer<typeof RouteView>;

export interface RouteControl {
  /** Of every instance that this agent looks after. */
  list(request: ListRequest): Promise<RouteView[]>;
  /** Of any instance on the channel. */
  get(instanceId: string, options?: CallOptions): Promise<RouteView>;
}

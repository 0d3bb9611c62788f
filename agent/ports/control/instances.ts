import { z } from 'zod';
import { InstanceFields, RecoverySource } from '../../../chaincode/src/model';
import type { CallOptions } from '../call';
import { type ListRequest } from './request';

export const InstanceView = z.object({
  ...InstanceFields.omit({ tokenSha256: true, previousTokenSha256: true }).shape,
  ownerName: z.string(),
  /** Its container on the cluster that answers; null: none here. */
  container: z.object({ containerId: z.string(), state: z.string() }).nullable(),
});
export type InstanceView = z.infer<typeof InstanceView>;

/** An operator's word that the old copy is off and that what it held may be lost. */
export const RecoveryOrder = z.strictObject({
  acceptLoss: z.literal(true),
  /** Null: the copy that this cluster keeps, else the service's image. */
  from: RecoverySource.nullable().default(null),
});
export type RecoveryOrder = z.infer<typeof RecoveryOrder>;

export interface InstanceControl {
  list(request: ListRequest, options?: CallOptions): Promise<InstanceView[]>;
  get(instanceId: string, options?: CallOptions): Promise<InstanceView>;
  /** Takes an instance over whose copy is lost: only by an operator who accepts that its state is lost with it. */
  recover(instanceId: string, order: RecoveryOrder, options?: CallOptions): Promise<InstanceView>;
  /** Ends an instance of this cluster for good, with all that it keeps; gives its last record. */
  remove(instanceId: string, options?: CallOptions): Promise<InstanceView>;
}

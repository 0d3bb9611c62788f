import { z } from 'zod';
import { Count, Id, Resources, RunSpec, Sha256, Strategy } from '../../chaincode/src/model';

/** The owner tells the node that it picked what will arrive; the node reserves it until the migration ends. */
export const PickOrder = z.strictObject({
  migrationId: Id,
  instanceId: Id,
  serviceId: Id,
  epoch: Count,
  strategy: Strategy,
  spec: RunSpec,
  gpuRuntime: z.string(),
  need: Resources,
});
export type PickOrder = z.infer<typeof PickOrder>;

/** What the journal keeps of it: the run spec may hold secrets, and is kept elsewhere by its hash. */
export type KeptOrder = Omit<PickOrder, 'spec'>;

/** The owner tells where the final image lies (strategy `registry`); verified before anything starts. */
export const ImageOrder = z.strictObject({
  migrationId: Id,
  repository: z.string().max(300),
  manifestDigest: Sha256,
  configDigest: Sha256,
});
export type ImageOrder = z.infer<typeof ImageOrder>;

import { z } from 'zod';
import { Count, Id, NodeId, SchemaVersion, Sha256, TimestampMs } from './primitives';

/** The argument of InstanceContract:Create. What it runs is taken from the service's record. */
export const InstanceCreation = z.strictObject({
  instanceId: Id,
  serviceId: Id,
  /** SHA-256 of the secret half of the device's token `instanceId.secret`. */
  tokenSha256: Sha256,
});
export type InstanceCreation = z.infer<typeof InstanceCreation>;

/** The argument of InstanceContract:Remove. */
export const InstanceRemoval = z.strictObject({ instanceId: Id, epoch: Count });
export type InstanceRemoval = z.infer<typeof InstanceRemoval>;

/** What the ledger owns: service x device. Key: (instance, instanceId). */
export const InstanceRecord = z.strictObject({
  v: SchemaVersion,
  type: z.literal('instance'),
  instanceId: Id,
  serviceId: Id,
  ownerNodeId: NodeId,
  /** Rises by one with every change of the owner; starts at 1. It fences the old copy. */
  epoch: Count,
  tokenSha256: Sha256,
  /** The digest before the last renewal; it holds until the first use of the new one. Null: none. */
  previousTokenSha256: Sha256.nullable(),
  /** What runs: the image's config digest and the run spec's hash. */
  configDigest: Sha256,
  specSha256: Sha256,
  /** The one migration that is PROPOSED or HANDED_OVER; null: none. */
  openMigrationId: Id.nullable(),
  createdAtMs: TimestampMs,
  updatedAtMs: TimestampMs,
});
export type InstanceRecord = z.infer<typeof InstanceRecord>;

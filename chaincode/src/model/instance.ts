import { z } from 'zod';
import { Count, Id, NodeId, Sha256, TimestampMs } from './primitives';
import { versioned } from './versions';

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

/** The argument of InstanceContract:Claim: a stateless instance of a node that is suspended. */
export const InstanceClaim = z.strictObject({
  instanceId: Id,
  /** The epoch at which it is claimed. */
  epoch: Count,
});
export type InstanceClaim = z.infer<typeof InstanceClaim>;

/** `copy`: the migration's source starts the copy that it has kept; `image`: the service's image, without the state. */
export const RecoverySource = z.enum(['copy', 'image']);
export type RecoverySource = z.infer<typeof RecoverySource>;

/** The argument of InstanceContract:Recover: by an operator's word that the old copy is off and what it held is lost. */
export const InstanceRecovery = z.strictObject({
  instanceId: Id,
  epoch: Count,
  from: RecoverySource,
  /** The config digest of what will run. */
  configDigest: Sha256,
  acceptLoss: z.literal(true),
});
export type InstanceRecovery = z.infer<typeof InstanceRecovery>;

/** The version of instance records that this release writes. */
export const INSTANCE_VERSION = 2;

/** An instance's record as this release writes it. */
export const InstanceFields = z.strictObject({
  v: z.literal(INSTANCE_VERSION),
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
  /** From what the present epoch was recovered; null: it began in another way. */
  recoveredFrom: RecoverySource.nullable(),
  createdAtMs: TimestampMs,
  updatedAtMs: TimestampMs,
});

/** What the ledger owns: service x device. Key: (instance, instanceId). */
export const InstanceRecord = versioned(InstanceFields, (v1) => ({ ...v1, recoveredFrom: null }));
export type InstanceRecord = z.infer<typeof InstanceRecord>;

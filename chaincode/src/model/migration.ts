import { z } from 'zod';
import { ContainerFacts } from './metadata';
import { Count, Id, Line, NodeId, SchemaVersion, Sha256, Strategy, TimestampMs } from './primitives';
import { MigrationState } from './transitions';
import { versioned } from './versions';

/** Why the owner moves it. */
export const Trigger = z.enum(['coverage-exit', 'reconnect', 'operator']);
export type Trigger = z.infer<typeof Trigger>;

/** The argument of MigrationContract:Propose (commit 1): it carries the container metadata of Algorithm 1. */
export const MigrationProposal = z.strictObject({
  migrationId: Id,
  instanceId: Id,
  /** The epoch at which the owner proposes. */
  epoch: Count,
  strategy: Strategy,
  trigger: Trigger,
  /** The only node that may take over, when an operator named one; null: the nearest that can. */
  requestedDestination: NodeId.nullable(),
  /** After this only Abort is left. */
  deadlineMs: TimestampMs,
  container: ContainerFacts,
});
export type MigrationProposal = z.infer<typeof MigrationProposal>;

/** The argument of MigrationContract:Prepare (commit 3), by the node that the owner picked. */
export const MigrationPreparation = z.strictObject({
  migrationId: Id,
  /** The config digest that the node itself computed from what it received. */
  configDigest: Sha256,
  specSha256: Sha256,
  containerId: z.string().regex(/^[0-9a-f]{12,64}$/, '12 to 64 hexadecimal digits'),
});
export type MigrationPreparation = z.infer<typeof MigrationPreparation>;

/** "It runs here and is warm." Key: (prepare, migrationId, nodeId): it never writes the migration's key. */
export const PrepareRecord = MigrationPreparation.extend({
  v: SchemaVersion,
  type: z.literal('prepare'),
  nodeId: NodeId,
  preparedAtMs: TimestampMs,
});
export type PrepareRecord = z.infer<typeof PrepareRecord>;

/** The argument of MigrationContract:HandOver (commit 4), by the owner. */
export const MigrationHandOver = z.strictObject({
  migrationId: Id,
  epoch: Count,
  destinationNodeId: NodeId,
  /** The owner's own digests; refused when the Prepare record holds others. */
  configDigest: Sha256,
  specSha256: Sha256,
});
export type MigrationHandOver = z.infer<typeof MigrationHandOver>;

/** The argument of MigrationContract:Complete, by the new owner once it routes to its copy. */
export const MigrationCompletion = z.strictObject({
  migrationId: Id,
  /** The device's new secret; null keeps the present one. */
  tokenSha256: Sha256.nullable(),
});
export type MigrationCompletion = z.infer<typeof MigrationCompletion>;

/** The argument of MigrationContract:Abort, by the owner, from PROPOSED. */
export const MigrationAbort = z.strictObject({ migrationId: Id, stage: Line(63).min(1), reason: Line(500).min(1) });
export type MigrationAbort = z.infer<typeof MigrationAbort>;

/** The version of migration records that this release writes. */
export const MIGRATION_VERSION = 2;

/** A migration's record as this release writes it. */
export const MigrationFields = z.strictObject({
  v: z.literal(MIGRATION_VERSION),
  type: z.literal('migration'),
  migrationId: Id,
  instanceId: Id,
  serviceId: Id,
  sourceNodeId: NodeId,
  epoch: Count,
  strategy: Strategy,
  trigger: Trigger,
  requestedDestination: NodeId.nullable(),
  state: MigrationState,
  deadlineMs: TimestampMs,
  proposedAtMs: TimestampMs,
  destinationNodeId: NodeId.nullable(),
  configDigest: Sha256.nullable(),
  specSha256: Sha256,
  handedOverAtMs: TimestampMs.nullable(),
  completedAtMs: TimestampMs.nullable(),
  abort: z.strictObject({ stage: Line(63), reason: Line(500), atMs: TimestampMs }).nullable(),
  /** Who took the instance while its owner was suspended, and how; null: nobody. */
  superseded: z.strictObject({ nodeId: NodeId, action: z.enum(['Claim', 'Recover']), atMs: TimestampMs }).nullable(),
});

/** A migration. Key: (migration, migrationId); its metadata has the same id. */
export const MigrationRecord = versioned(MigrationFields, (v1) => ({ ...v1, superseded: null }));
export type MigrationRecord = z.infer<typeof MigrationRecord>;

import { z } from 'zod';
import { Id, NodeId, SchemaVersion } from './primitives';

/** One event a transaction; details are read by query, so the payload holds ids only. */
export const EventName = z.enum([
  'NodeRegistered',
  'NodeUpdated',
  'NodeCordoned',
  'NodeUncordoned',
  'NodeSuspended',
  'NodeResumed',
  'NodeLeft',
  'MetadataShared',
  'MetadataConfirmed',
  'EvaluationSubmitted',
  'ServiceRegistered',
  'ServiceRemoved',
  'InstanceCreated',
  'InstanceRemoved',
  'InstanceClaimed',
  'InstanceRecovered',
  'MigrationProposed',
  'MigrationPrepared',
  'MigrationHandedOver',
  'MigrationCompleted',
  'MigrationAborted',
]);
export type EventName = z.infer<typeof EventName>;

export const EventPayload = z.strictObject({
  v: SchemaVersion,
  name: EventName,
  /** Who wrote. */
  nodeId: NodeId,
  /** Whom a NodeSuspended is about. */
  suspendedNodeId: NodeId.optional(),
  metadataIds: z.array(Id).optional(),
  serviceId: Id.optional(),
  instanceId: Id.optional(),
  migrationId: Id.optional(),
});
export type EventPayload = z.infer<typeof EventPayload>;

import { z } from 'zod';
import { SourceIp } from './node';
import { Count, Id, Line, Millis, NodeId, Platform, SchemaVersion, TimestampMs } from './primitives';

/**
 * What a source tells of a container (paper, Fig. 3 and Algorithm 1): source_ip, container_id, total_size,
 * gpu_usage, cpu_usage and type; plus what the strict policy needs. No user data, no environment variables,
 * nothing that names a device.
 */
export const ContainerFacts = z.strictObject({
  sourceIp: SourceIp,
  /** The engine's id of the container, 64 hexadecimal digits. */
  containerId: z.string().regex(/^[0-9a-f]{12,64}$/, '12 to 64 hexadecimal digits'),
  /** The container's root file system: image and writable layer. */
  totalSizeBytes: Count,
  gpuMillis: Millis,
  cpuMillis: Millis,
  memoryBytes: Count,
  /** Disk that the destination needs at most: the image and the writable layer. */
  diskBytes: Count,
  applicationType: Line(63).min(1),
  platform: Platform,
  /** The GPU runtime that the container asks for, e.g. `nvidia`; empty: none. */
  gpuRuntime: Line(63),
  /** NVIDIA Jetson's L4T release that the container was built for; empty: none. */
  l4tRelease: Line(63),
});
export type ContainerFacts = z.infer<typeof ContainerFacts>;

/** The argument of MetadataContract:Share. */
export const MetadataShare = z.strictObject({
  metadataId: Id,
  /** The instance that runs in the container; null for a container that BloSM does not own. */
  instanceId: Id.nullable(),
  container: ContainerFacts,
});
export type MetadataShare = z.infer<typeof MetadataShare>;

/** Container metadata on the ledger (Algorithm 1's newTransaction). Key: (metadata, metadataId). */
export const ContainerMetadata = MetadataShare.extend({
  v: SchemaVersion,
  type: z.literal('metadata'),
  nodeId: NodeId,
  sharedAtMs: TimestampMs,
});
export type ContainerMetadata = z.infer<typeof ContainerMetadata>;

/** The argument of ConfirmationContract:Confirm: one or many. */
export const ConfirmationBatch = z.strictObject({ metadataIds: z.array(Id).min(1).max(100) });
export type ConfirmationBatch = z.infer<typeof ConfirmationBatch>;

/** "This node has seen the metadata." Key: (confirmation, metadataId, nodeId). */
export const Confirmation = z.strictObject({
  v: SchemaVersion,
  type: z.literal('confirmation'),
  metadataId: Id,
  nodeId: NodeId,
  confirmedAtMs: TimestampMs,
});
export type Confirmation = z.infer<typeof Confirmation>;

/** One entry of a record's history, newest first. */
export const HistoryEntry = z.strictObject({
  transactionId: z.string(),
  timestampMs: TimestampMs,
  deleted: z.boolean(),
  record: z.unknown(),
});
export type HistoryEntry = z.infer<typeof HistoryEntry>;

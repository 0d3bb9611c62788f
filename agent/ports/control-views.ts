import { z } from 'zod';
import {
  Confirmation,
  ContainerMetadata,
  Count,
  Evaluation,
  HistoryEntry,
  Id,
  InstanceFields,
  Line,
  MigrationFields,
  NodeId,
  NodeFields,
  PrepareRecord,
  RecoverySource,
  Resources,
  RunSpec,
  ServiceImage,
  ServiceRecord,
  ServiceRegistration,
  Strategy,
  TimestampMs,
} from '../../chaincode/src/model';
import { CHAIN_CHECKS } from '../domain/chain-rules';
import { HISTORY_QUERIES } from './history';

/**
 * What the control API takes and gives: the ledger's records, and beside each node id the name that people use.
 * Answers are read loosely (a newer agent may add fields), requests strictly (a typing error must not pass).
 */

const Sentence = z.string();

/** One of the things the agent depends on, e.g. `ledger`, `engine`, `registry`. */
export const DependencyView = z.object({
  name: z.string(),
  state: z.enum(['ok', 'degraded', 'down', 'unknown']),
  /** What was seen, for people. */
  detail: Sentence,
  /** Since when it has been in this state. */
  sinceMs: TimestampMs,
});
export type DependencyView = z.infer<typeof DependencyView>;

export const MigrationView = z.object({
  ...MigrationFields.shape,
  sourceName: z.string(),
  destinationName: z.string().nullable(),
  /** What it waits for now and on whom, for people; null: it has ended. */
  waitsFor: Sentence.nullable(),
});
export type MigrationView = z.infer<typeof MigrationView>;

export const StatusView = z.object({
  nodeId: NodeId,
  name: z.string(),
  version: z.string(),
  startedAtMs: TimestampMs,
  /** The agent's clock when it answered. */
  nowMs: TimestampMs,
  ready: z.boolean(),
  dependencies: z.array(DependencyView),
  /** The newest block that the own peer has; null while it does not answer. */
  ledgerHeight: Count.nullable(),
  /** Nodes on the channel; null while the ledger does not answer. */
  nodes: Count.nullable(),
  /** What the cluster gives, and what of it is not promised; null while the engine does not answer. */
  capacity: z.object({ total: Resources, remaining: Resources }).nullable(),
  instancesOwned: Count,
  /** Migrations of this node that are PROPOSED or HANDED_OVER. */
  openMigrations: z.array(MigrationView),
  lastError: z.object({ code: z.string(), message: Sentence, atMs: TimestampMs }).nullable(),
});
export type StatusView = z.infer<typeof StatusView>;

export const ClusterView = z.object({
  ...NodeFields.omit({ agentCertificatePem: true }).shape,
  /** True for the cluster whose agent answers. */
  isSelf: z.boolean(),
});
export type ClusterView = z.infer<typeof ClusterView>;

export const ServiceView = z.object({ ...ServiceRecord.shape, registeredByName: z.string() });
export type ServiceView = z.infer<typeof ServiceView>;

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

/** Everything the ledger holds about one migration. */
export const MigrationDetailView = z.object({
  ...MigrationView.shape,
  metadata: ContainerMetadata.nullable(),
  confirmations: z.array(z.object({ ...Confirmation.shape, nodeName: z.string() })),
  evaluations: z.array(z.object({ ...Evaluation.shape, nodeName: z.string() })),
  prepares: z.array(z.object({ ...PrepareRecord.shape, nodeName: z.string() })),
});
export type MigrationDetailView = z.infer<typeof MigrationDetailView>;

/** What a migration would do now. */
export const MigrationPlanView = z.object({
  instanceId: Id,
  strategy: Strategy,
  /** All other clusters, best first. */
  destinations: z.array(
    z.object({
      nodeId: NodeId,
      name: z.string(),
      eligible: z.boolean(),
      /** From the device's last position to the cluster's site; null: no position is known. */
      distanceMeters: z.number().nullable(),
      reasons: z.array(Sentence),
    }),
  ),
  /** Sentences in the order in which they would happen. */
  steps: z.array(Sentence),
  /** Upper bound of what would go over the network; null: unknown. */
  bytesToMove: Count.nullable(),
});
export type MigrationPlanView = z.infer<typeof MigrationPlanView>;

/** Times in milliseconds since 1970, each by the clock of the node named. */
export const TimelineView = z.object({
  migrationId: Id,
  phases: z.array(
    z.object({
      name: z.string(),
      /** The cluster's short name. */
      node: z.string(),
      startMs: TimestampMs,
      /** Null: not ended yet. */
      endMs: TimestampMs.nullable(),
      detail: Sentence,
    }),
  ),
  /** The ledger's records of it. */
  records: z.array(
    z.object({ transactionId: z.string().optional(), what: z.string(), node: z.string(), atMs: TimestampMs }),
  ),
  /** For how long no cluster answered requests of the instance; null: not known (yet). */
  outageMs: z.number().nullable(),
});
export type TimelineView = z.infer<typeof TimelineView>;

export const LedgerTipView = z.object({
  channel: z.string(),
  /** Number of blocks. */
  height: Count,
  currentBlockHash: z.string(),
  genesisSha256: z.string(),
});
export type LedgerTipView = z.infer<typeof LedgerTipView>;

export const LedgerTransactionView = z.object({
  transactionId: z.string(),
  blockNumber: Count,
  validationCode: z.string(),
  timestampMs: TimestampMs,
  creatorMspId: z.string(),
  functionName: z.string(),
  args: z.array(z.string()),
  endorserMspIds: z.array(z.string()),
  sizeBytes: Count,
});
export type LedgerTransactionView = z.infer<typeof LedgerTransactionView>;

export const LedgerBlockView = z.object({
  number: Count,
  headerSha256: z.string(),
  /** Empty in the first block. */
  previousSha256: z.string(),
  dataSha256: z.string(),
  signers: z.array(z.object({ mspId: z.string(), subject: z.string(), isValid: z.boolean() })),
  /** The block with the configuration that was in force; null: it does not say. */
  lastConfigNumber: Count.nullable(),
  sizeBytes: Count,
  transactions: z.array(
    z.object({
      transactionId: z.string(),
      type: z.string(),
      validationCode: z.string(),
      timestampMs: TimestampMs,
      creatorMspId: z.string(),
      functionName: z.string(),
      eventName: z.string(),
    }),
  ),
});
export type LedgerBlockView = z.infer<typeof LedgerBlockView>;

/** What has a history on the ledger. */
export const HistoryKind = z.enum(Object.keys(HISTORY_QUERIES) as [keyof typeof HISTORY_QUERIES]);

export const LedgerHistoryView = z.object({
  kind: HistoryKind,
  id: Id,
  /** Newest first. */
  entries: z.array(z.object({ ...HistoryEntry.shape, record: z.unknown() })),
});
export type LedgerHistoryView = z.infer<typeof LedgerHistoryView>;

/** What `blosm ledger verify` found out about a copy of the chain. */
export const LedgerVerificationView = z.object({
  /** The first block that was to be judged, and the last that is in order; null: not even the first. */
  from: Count,
  to: Count.nullable(),
  blocks: Count,
  transactions: Count,
  configBlocks: Count,
  /** Header hashes of the first and of the last block that are in order; empty: none. */
  firstSha256: z.string(),
  lastSha256: z.string(),
  signers: z.array(z.object({ mspId: z.string(), subject: z.string(), publicKeySha256: z.string(), blocks: Count })),
  /** The first block that is not in order; null: all are. */
  fault: z.object({ blockNumber: Count, check: z.enum(CHAIN_CHECKS), message: Sentence }).nullable(),
});
export type LedgerVerificationView = z.infer<typeof LedgerVerificationView>;

/** A line of the answer of `GET /v1/ledger/verification`: how far it is, at last the result. */
export const LedgerVerificationLine = z.union([
  z.object({ progress: z.object({ blockNumber: Count }) }),
  z.object({ result: LedgerVerificationView }),
]);
export type LedgerVerificationLine = z.infer<typeof LedgerVerificationLine>;

/** From which block to which, both included; without `to`: to the newest. */
export const VerificationRequest = z
  .strictObject({ from: z.coerce.number().int().min(0).default(0), to: z.coerce.number().int().min(0).optional() })
  .refine(({ from, to }) => to === undefined || from <= to, { path: ['to'], message: 'lies before from' });
export type VerificationRequest = z.infer<typeof VerificationRequest>;

/** `ticking`: the agent's main loop has run lately. Nothing else: a lost peer is no reason to restart the agent. */
export const HealthView = z.object({ ticking: z.boolean(), lastTickAtMs: TimestampMs });
export type HealthView = z.infer<typeof HealthView>;

export const ReadinessView = z.object({ ready: z.boolean(), waitsFor: z.array(Sentence) });
export type ReadinessView = z.infer<typeof ReadinessView>;

// Rebuilt from the shape: zod refuses to omit from a schema that has a refinement.
const ServiceFields = z.strictObject(ServiceRegistration.shape).omit({ image: true, specSha256: true });

/** A service as an operator gives it: the agent adds the image's digests and the run spec's hash. */
export const ServiceOrder = z
  .strictObject({
    ...ServiceFields.shape,
    image: z.strictObject({
      repository: ServiceImage.shape.repository,
      tag: z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/, 'a tag, e.g. latest'),
    }),
    runSpec: RunSpec,
  })
  .refine((order) => order.tenancy === 'device' || order.state === 'none', {
    path: ['tenancy'],
    message: 'a shared service keeps no state',
  });
export type ServiceOrder = z.infer<typeof ServiceOrder>;

/** The body of `POST /v1/migrations`. */
export const MigrationOrder = z.strictObject({
  instanceId: Id,
  /** Name or node id of the only cluster that may take over; null: the nearest that can. */
  to: Line(63).min(1).nullable().default(null),
  /** Null: as the agent is configured. */
  strategy: Strategy.nullable().default(null),
  dryRun: z.boolean().default(false),
});
export type MigrationOrder = z.infer<typeof MigrationOrder>;

/** How many entries of a list, newest first where it has times. */
export const ListRequest = z.strictObject({ limit: z.coerce.number().int().min(1).max(1000).default(100) });
export type ListRequest = z.infer<typeof ListRequest>;

/** What `GET` on a list answers. */
export const listOf = <T extends z.ZodType>(item: T): z.ZodObject<{ items: z.ZodArray<T> }> =>
  z.object({ items: z.array(item) });

/** The body of every error (RFC 9457): `type`, `title`, `status` and `detail` as there, the rest is ours. */
export const ProblemView = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  stage: z.string(),
  hint: z.string(),
  retryable: z.boolean(),
});
export type ProblemView = z.infer<typeof ProblemView>;

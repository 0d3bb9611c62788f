import { z } from 'zod';
import {
  Confirmation,
  ContainerMetadata,
  Count,
  Evaluation,
  Id,
  Line,
  MigrationFields,
  NodeId,
  PrepareRecord,
  Strategy,
  TimestampMs,
} from '../../../chaincode/src/model';
import type { CallOptions } from '../call';
import { type ListRequest } from './request';

export const MigrationView = z.object({
  ...MigrationFields.shape,
  sourceName: z.string(),
  destinationName: z.string().nullable(),
  /** What it waits for now and on whom, for people; null: it has ended. */
  waitsFor: z.string().nullable(),
});
export type MigrationView = z.infer<typeof MigrationView>;

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
      reasons: z.array(z.string()),
    }),
  ),
  /** Sentences in the order in which they would happen. */
  steps: z.array(z.string()),
  /** What else there is to know, for people. */
  notes: z.array(z.string()).default([]),
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
      detail: z.string(),
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

/** What an operator's order for a migration came to. */
export const MigrationOutcomeView = z.object({
  ...MigrationView.shape,
  /** The cluster at which the service runs from now on. */
  runsAt: z.string(),
  /** The same as a sentence, with what comes next. */
  says: z.string(),
});
export type MigrationOutcomeView = z.infer<typeof MigrationOutcomeView>;

/** Where a migration stands, seen from the cluster that answers. Times in milliseconds since 1970. */
export const MigrationExplanationView = z.object({
  ...MigrationView.shape,
  /** The cluster at which the service runs now. */
  runsAt: z.string(),
  says: z.string(),
  /** What this cluster does or waits for, and since when; null: nothing, or it is another cluster's turn. */
  does: z.string().nullable(),
  sinceMs: TimestampMs.nullable(),
  /** When it is tried again, or given up, at the latest; null: not before there is news. */
  untilMs: TimestampMs.nullable(),
  /** The last step of it that failed on this cluster. */
  lastError: z.object({ stage: z.string(), code: z.string(), message: z.string(), atMs: TimestampMs }).nullable(),
  /**
   * Of an aborted one at the instance's owner: when its agent proposes it again by itself (on a new position of the
   * device from `positionFromMs` on, on news from `newsFromMs` on), or why not. Null: it is not this cluster's to decide.
   */
  next: z
    .object({ says: z.string(), positionFromMs: TimestampMs.nullable(), newsFromMs: TimestampMs.nullable() })
    .nullable()
    .default(null),
  /** What an operator can do, as sentences with commands. */
  advice: z.array(z.string()),
});
export type MigrationExplanationView = z.infer<typeof MigrationExplanationView>;

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

export interface MigrationControl {
  /** Looks and tells; changes nothing. */
  plan(order: MigrationOrder, options?: CallOptions): Promise<MigrationPlanView>;
  /** Returns as soon as the migration is PROPOSED on the ledger. */
  start(order: MigrationOrder, options?: CallOptions): Promise<MigrationView>;
  list(request: ListRequest, options?: CallOptions): Promise<MigrationView[]>;
  get(migrationId: string, options?: CallOptions): Promise<MigrationDetailView>;
  timeline(migrationId: string, options?: CallOptions): Promise<TimelineView>;
  explain(migrationId: string, options?: CallOptions): Promise<MigrationExplanationView>;
  /**
   * Ends a migration before its hand-over: the service stays at the source. BLOSM_E_WRONG_STATE after it, with where the
   * service runs; BLOSM_E_NOT_OWNER at another cluster than the source.
   */
  cancel(migrationId: string, options?: CallOptions): Promise<MigrationOutcomeView>;
  /** Starts an aborted migration anew, with the same destination asked for; BLOSM_E_WRONG_STATE for any other. */
  retry(migrationId: string, options?: CallOptions): Promise<MigrationOutcomeView>;
}

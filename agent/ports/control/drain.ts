import { z } from 'zod';
import { Count, Id, Line, TimestampMs } from '../../../chaincode/src/model';
import type { CallOptions } from '../call';

/**
 * What becomes of one instance: `moving`; `arriving` (another cluster had picked this one before the drain); `waiting`
 * for its turn; `failed` (the last migration came to nothing, it is safe here) and `refused` (nobody can take it) are
 * tried again later.
 */
export const DrainStep = z.enum(['moving', 'arriving', 'waiting', 'failed', 'refused']);
export type DrainStep = z.infer<typeof DrainStep>;

export const DrainView = z.object({
  draining: z.boolean(),
  /** Whether the ledger says that this cluster takes nothing new. */
  cordoned: z.boolean(),
  /** Null: it is not being drained. */
  sinceMs: TimestampMs.nullable(),
  /** Nothing is left here and nothing will come. */
  isDone: z.boolean(),
  /** How many have gone since the drain began or the agent started. */
  moved: Count,
  /** What is still here. */
  instances: z.array(
    z.object({
      instanceId: Id,
      serviceId: Id,
      step: DrainStep,
      migrationId: Id.nullable(),
      /** Name of the cluster that is to take it; null: none is chosen. */
      to: Line(63).nullable(),
      /** What it waits for, or why it cannot be moved now; for people. */
      reason: z.string(),
    }),
  ),
});
export type DrainView = z.infer<typeof DrainView>;

export interface DrainControl {
  /** How far it is; never waits for a dependency. */
  view(): DrainView;
  /** Cordons this cluster and moves everything that it owns away; goes on after a restart, until `end`. */
  begin(options?: CallOptions): Promise<DrainView>;
  /** Moves nothing more away and takes in what is new again. */
  end(options?: CallOptions): Promise<DrainView>;
}

import { z } from 'zod';
import { Count, NodeId, Resources, TimestampMs } from '../../../chaincode/src/model';
import { MigrationView } from './migrations';

/**
 * One of the things without which the agent cannot work: `ledger`, `engine`, `journal`. The registry is none of them: it
 * is needed while something moves, and asking it all the time is not free (that is what doctor does).
 */
export const DependencyView = z.object({
  name: z.string(),
  state: z.enum(['ok', 'down']),
  /** What was seen, for people. */
  detail: z.string(),
  /** Since when it has been in this state. */
  sinceMs: TimestampMs,
});
export type DependencyView = z.infer<typeof DependencyView>;

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
  /** The newest step of any instance's lane that failed, also of an earlier run and if it went well since. */
  lastError: z.object({ code: z.string(), message: z.string(), atMs: TimestampMs }).nullable(),
});
export type StatusView = z.infer<typeof StatusView>;

/** `ticking`: the agent's main loop has run lately. Nothing else: a lost peer is no reason to restart the agent. */
export const HealthView = z.object({ ticking: z.boolean(), lastTickAtMs: TimestampMs });
export type HealthView = z.infer<typeof HealthView>;

export const ReadinessView = z.object({ ready: z.boolean(), waitsFor: z.array(z.string()) });
export type ReadinessView = z.infer<typeof ReadinessView>;

/** The agent itself: none of it waits for a dependency. */
export interface StatusControl {
  /** Never fails and never waits for a dependency: it tells what was last seen. */
  status(): StatusView;
  /** The main loop's own tick; never asks a dependency. */
  health(): HealthView;
  /** Whether the agent can do its work, and if not what it waits for. */
  readiness(): ReadinessView;
}

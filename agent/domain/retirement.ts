import type { LaneView } from './lane-view';
import type { Plan } from './steps';
import { act } from './steps';

/** Why an instance is removed: no request has come for as long as its service says, or an operator wants it. */
export type RetirementCause = 'idle' | 'operator';

/** It is decided, on the disk, and holds for the epoch at which it was: whoever owns the instance next decides anew. */
export interface Retirement {
  readonly cause: RetirementCause;
  readonly epoch: number;
}

/** True once its removal is decided; it may be under way to the ledger, so nothing is acknowledged any more. */
export function isRetiring({ instance, facts, me }: LaneView): boolean {
  return instance?.ownerNodeId === me && facts.retirement?.epoch === instance.epoch;
}

/** From when on nobody has asked for it long enough, in milliseconds since 1970; null: it stays, as far as is known. */
export function idleEndsAtMs({ service, idleSinceMs }: LaneView): number | null {
  const idleSeconds = service?.idleSeconds ?? 0;
  return idleSeconds === 0 || idleSinceMs === null ? null : idleSinceMs + idleSeconds * 1000;
}

/** The owner with no migration open: what is decided goes on; what nobody uses any more goes. */
export function planRetirement(view: LaneView): Plan | undefined {
  const { retirement, migrations } = view.facts;
  if (retirement !== null && isRetiring(view)) {
    return act({ name: 'retire', migrationId: '', cause: retirement.cause });
  }
  const endsAtMs = idleEndsAtMs(view);
  const isOver = endsAtMs !== null && view.nowMs >= endsAtMs && migrations.every(({ closed }) => closed);
  return isOver ? act({ name: 'retire', migrationId: '', cause: 'idle' }) : undefined;
}

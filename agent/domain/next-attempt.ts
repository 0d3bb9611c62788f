import { attemptTimes, type Attempts } from './chances';
import { reasonToStay, type StayFacts } from './stay';

export interface NextAttemptFacts extends StayFacts {
  /** The instance's open migration; null: there is none. */
  readonly openMigrationId: string | null;
  /** Something of an earlier migration is still to be done here. */
  readonly isMoving: boolean;
  readonly isDraining: boolean;
  /** Names of the clusters that cover the device and take in something new. */
  readonly takers: readonly string[];
  /** What the agent has tried at this epoch; undefined: nothing since its start. */
  readonly attempts: Attempts | undefined;
  readonly backoffMs: number;
}

/** When the agent proposes an instance again by itself after an aborted migration. */
export interface NextAttempt {
  /** On what it waits, or why it does not. */
  readonly says: string;
  /** A new position of the device is enough from then on, in milliseconds since 1970; null: it is not. */
  readonly positionFromMs: number | null;
  /** News are enough from then on; null: they are not. */
  readonly newsFromMs: number | null;
}

const BY_NEWS =
  'with a new position of the device; sooner with news: another cluster covers it, one has room again, or those that ' +
  'did not confirm answer';

/** Tells it by what is known now; the rules are those by which the agent acts. */
export function nextAttempt(facts: NextAttemptFacts): NextAttempt {
  const why = reasonAgainst(facts);
  if (why !== null) return { says: why, positionFromMs: null, newsFromMs: null };
  const { attempts, backoffMs, nowMs, takers } = facts;
  if (attempts === undefined) {
    return { says: `at once: ${takers.join(', ')} can take over`, positionFromMs: nowMs, newsFromMs: nowMs };
  }
  return { says: BY_NEWS, ...attemptTimes(attempts, backoffMs) };
}

/** Null: as soon as the pause is over. */
function reasonAgainst(facts: NextAttemptFacts): string | null {
  const { openMigrationId, isMoving, isDraining, takers } = facts;
  if (openMigrationId !== null) return `${openMigrationId} has taken its place`;
  if (isMoving) return 'decided anew once what it has left is cleaned up';
  if (isDraining) return 'the cluster is being drained: as soon as another one takes it';
  const stays = reasonToStay(facts) ?? (takers.length === 0 ? 'no cluster that takes anything new covers it' : null);
  return stays === null ? null : `not by itself now: ${stays}`;
}

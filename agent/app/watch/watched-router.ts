import type { Clock } from '../../ports/clock';
import type { RouteDecision, Router } from '../../ports/traffic';

/** What became of a request. */
export type Outcome = 'served' | 'forwarded' | 'migrated' | 'refused';

export interface RequestEnd {
  readonly outcome: Outcome;
  /** Of a refusal; else empty. */
  readonly code: string;
  /** Until the answer has ended (served), or until it was decided. */
  readonly durationMs: number;
}

/** The same router, whose requests' ends are told. */
export function watchRouter(router: Router, clock: Clock, tell: (end: RequestEnd) => void): Router {
  const decide: Router['decide'] = async (facts, signal) => {
    const startMs = clock.nowMs();
    const decision = await router.decide(facts, signal);
    const outcome = outcomeOf(decision);
    const end = (): void => {
      const code = decision.kind === 'refuse' ? decision.code : '';
      tell({ outcome, code, durationMs: clock.nowMs() - startMs });
    };
    if (decision.kind === 'refuse') {
      end();
      return decision;
    }
    return { ...decision, release: once(decision.release, end) };
  };
  return new Proxy(router, {
    get: (target, property) => {
      if (property === 'decide') return decide;
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

function outcomeOf(decision: RouteDecision): Outcome {
  if (decision.kind === 'serve') return 'served';
  if (decision.kind === 'refuse') return 'refused';
  return decision.reason === 'owner' ? 'forwarded' : 'migrated';
}

/** A release may be called again; the end is told once. */
function once(release: () => void, end: () => void): () => void {
  let isOver = false;
  return () => {
    release();
    if (!isOver) end();
    isOver = true;
  };
}

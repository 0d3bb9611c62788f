import type { LaneView, Trouble } from './lane-view';
import type { Plan, StepName } from './steps';
import { wait } from './steps';

/** Milliseconds before the n-th new attempt of a step: 0.5 s doubling to 30 s. Jitter is the lane's. */
export function retryDelayMs(attempts: number): number {
  return Math.min(30_000, 500 * 2 ** Math.min(10, attempts - 1));
}

/** A wait while the step's last failure is too recent to try again; undefined: go ahead. */
export function backedOff(view: LaneView, step: StepName): Plan | undefined {
  const { trouble } = view;
  if (trouble === null || !concerns(trouble.step, step)) return undefined;
  // A failure that lies ahead was dated by a clock that has been set back since.
  if (trouble.lastAtMs > view.nowMs) return undefined;
  const untilMs = trouble.lastAtMs + retryDelayMs(trouble.attempts);
  return untilMs > view.nowMs ? wait(`${trouble.step} failed: ${trouble.message}`, untilMs) : undefined;
}

/** A container that does not get healthy is not started again at once either. */
function concerns(troubled: StepName, planned: StepName): boolean {
  return troubled === planned || (troubled === 'warm' && planned === 'start');
}

/** The failure that ends the attempt: not to be retried, or tried often enough. */
export function finalTrouble(view: LaneView, ...steps: readonly StepName[]): Trouble | undefined {
  const { trouble } = view;
  if (trouble === null || !steps.includes(trouble.step)) return undefined;
  const isFinal = !trouble.retryable || trouble.attempts >= view.settings.maxAttempts;
  return isFinal ? trouble : undefined;
}

import { joinSignals } from '../domain/join-signals';
import type { Clock } from '../ports/clock';

/** A signal that fires when the time is over or the caller's own signal fires. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Takes the timer away; to be called whatever happened. */
  end(): void;
}

/** By the clock of the ports and not by a timer of Node, so that tests decide when the time is over. */
export function deadlineAfter(clock: Clock, durationMs: number, signal: AbortSignal): Deadline {
  const over = new AbortController();
  const ended = new AbortController();
  const whole = joinSignals(signal, over.signal);
  clock.sleep(durationMs, ended.signal).then(
    () => over.abort(),
    () => undefined,
  );
  const end = (): void => {
    ended.abort();
    whole.release();
  };
  return { signal: whole.signal, end };
}

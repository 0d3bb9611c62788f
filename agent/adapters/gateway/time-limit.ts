/** How long a request may take, and whether anybody still waits for its answer. */
export interface TimeLimit {
  /** Fires when the device has gone or the time is over. */
  readonly signal: AbortSignal;
  readonly isOver: boolean;
  /** Why the signal fired. */
  fault(): Error;
  /** The time is not counted any further; to be called whatever happened. */
  end(): void;
}

/**
 * @param gone fires when the device's connection closes; it may live for many requests
 * @param durationMs Infinity: as long as it takes
 */
export function limitTime(gone: AbortSignal, durationMs: number): TimeLimit {
  if (durationMs === Infinity) {
    return { signal: gone, isOver: false, fault: () => new Error('the device has gone'), end: () => undefined };
  }
  const ended = new AbortController();
  let isOver = false;
  const onGone = (): void => ended.abort();
  const timer = setTimeout(() => {
    isOver = true;
    ended.abort();
  }, durationMs);
  if (gone.aborted) onGone();
  else gone.addEventListener('abort', onGone, { once: true });
  return {
    signal: ended.signal,
    get isOver() {
      return isOver;
    },
    fault: () => new Error(isOver ? `it has taken more than ${durationMs} ms` : 'the device has gone'),
    end: () => {
      clearTimeout(timer);
      gone.removeEventListener('abort', onGone);
    },
  };
}

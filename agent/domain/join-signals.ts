/** A signal that fires with the first of several, unless it is released before. */
export interface JoinedSignal {
  readonly signal: AbortSignal;
  /** Takes it off the others. */
  readonly release: () => void;
}

/**
 * What `AbortSignal.any` does, for signals of which one lives long. Node 20 keeps something of each joined signal until
 * the longest-lived of its sources fires (nodejs/node#54614): for one that ends with the agent, that is a leak.
 */
export function joinSignals(...signals: readonly AbortSignal[]): JoinedSignal {
  const joined = new AbortController();
  const fire = (event: Event): void => fireWith(event.target as AbortSignal);
  const release = (): void => {
    for (const signal of signals) signal.removeEventListener('abort', fire);
  };
  const fireWith = ({ reason }: AbortSignal): void => {
    release();
    joined.abort(reason);
  };
  const fired = signals.find(({ aborted }) => aborted);
  if (fired !== undefined) fireWith(fired);
  else for (const signal of signals) signal.addEventListener('abort', fire);
  return { signal: joined.signal, release };
}

/** Runs work under a signal that fires with the first of several. */
export async function underSignals<T>(
  signals: readonly AbortSignal[],
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { signal, release } = joinSignals(...signals);
  try {
    return await work(signal);
  } finally {
    release();
  }
}

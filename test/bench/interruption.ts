/** By the shell's convention: 128 and the signal's number. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;
/** What a bench has opened itself fails once its network is gone, and is closed then; in milliseconds, at most. */
const WIND_DOWN_MS = 10_000;

/** Whether the run has been asked to end. */
export interface Interruption {
  /** Fires at the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** Of the process after that; null: nobody asked. */
  readonly exitCode: number | null;
}

/** Listens from now on. The first signal is taken; after it the next one ends the process at once, as without this. */
export function listenForInterruption(say: (line: string) => void): Interruption {
  const stop = new AbortController();
  let exitCode: number | null = null;
  const names = Object.keys(EXIT_CODES) as (keyof typeof EXIT_CODES)[];
  const take = (name: NodeJS.Signals): void => {
    for (const each of names) process.off(each, take);
    exitCode = EXIT_CODES[name as keyof typeof EXIT_CODES];
    say(`${name}: everything is taken down; once more, and it is left as it is`);
    stop.abort(new Error(`interrupted by ${name}`));
  };
  for (const name of names) process.on(name, take);
  return {
    signal: stop.signal,
    get exitCode() {
      return exitCode;
    },
  };
}

/**
 * Does some work and then tears down what it needs, whether it went well, failed or was interrupted: an interruption
 * does not wait for the work.
 * @throws Error of the work, of the teardown, or of the interruption
 */
export async function withTearDown<T>(
  { signal }: Pick<Interruption, 'signal'>,
  work: () => Promise<T>,
  tearDown: () => Promise<void>,
): Promise<T> {
  const running = work();
  const settled = running.then(
    () => undefined,
    () => undefined,
  );
  try {
    return await Promise.race([running, interrupted(signal)]);
  } finally {
    await tearDown();
    if (signal.aborted) await Promise.race([settled, timePasses(WIND_DOWN_MS)]);
  }
}

function interrupted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const end = (): void => reject(signal.reason as Error);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}

function timePasses(durationMs: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, durationMs).unref());
}

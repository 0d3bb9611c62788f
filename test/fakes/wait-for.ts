import type { Clock } from '../../agent/ports/clock';
import { BlosmError } from '../../chaincode/src/model';
import type { FakePeer } from './peer';

/** Until when something may be waited for, and who may end it sooner. */
export interface Deadline {
  /** Milliseconds since 1970-01-01T00:00:00Z; Infinity: for ever. */
  readonly atMs: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * What the look finds, now or after one of the peer's next commits; undefined when the deadline comes first.
 * @throws BlosmError BLOSM_E_CANCELLED
 */
export async function waitFor<T>(
  peer: FakePeer,
  clock: Clock,
  look: () => T | undefined,
  { atMs, signal }: Deadline,
): Promise<T | undefined> {
  if (signal?.aborted === true) throw cancelled();
  const present = look();
  if (present !== undefined) return present;
  return new Promise((resolve, reject) => {
    const timer = new AbortController();
    const end = (settle: () => void): void => {
      stopListening();
      signal?.removeEventListener('abort', onAbort);
      timer.abort();
      settle();
    };
    const onAbort = (): void => end(() => reject(cancelled()));
    const stopListening = peer.onCommit(() => {
      const found = look();
      if (found !== undefined) end(() => resolve(found));
    });
    signal?.addEventListener('abort', onAbort, { once: true });
    if (atMs !== Infinity) {
      clock.sleep(atMs - clock.nowMs(), timer.signal).then(
        () => end(() => resolve(look())),
        () => undefined,
      );
    }
  });
}

function cancelled(): BlosmError {
  return new BlosmError('BLOSM_E_CANCELLED', 'the wait was cancelled');
}

import type { Clock } from '../../agent/ports/clock';
import { BlosmError } from '../../chaincode/src/model';

/** Real time. */
export const wallClock: Clock = {
  nowMs: () => Date.now(),
  sleep: (durationMs, signal) =>
    new Promise((resolve, reject) => {
      const cancel = (): void => {
        clearTimeout(timer);
        reject(new BlosmError('BLOSM_E_CANCELLED', 'the wait was cancelled'));
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', cancel);
        resolve();
      }, durationMs);
      if (signal?.aborted === true) cancel();
      else signal?.addEventListener('abort', cancel, { once: true });
    }),
};

import { setTimeout as wait } from 'node:timers/promises';
import { BlosmError } from '../../../chaincode/src/model';
import type { Clock } from '../../ports/clock';

/** The machine's clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  sleep: async (durationMs, signal) => {
    try {
      await wait(Math.max(0, durationMs), undefined, signal === undefined ? {} : { signal });
    } catch (cause) {
      throw new BlosmError('BLOSM_E_CANCELLED', `a wait of ${durationMs} ms was cancelled`, { stage: 'wait', cause });
    }
  },
};

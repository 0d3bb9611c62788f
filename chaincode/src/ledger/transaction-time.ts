import { BlosmError } from '../model';
import type { BlosmContext } from './context';

/** How far a transaction's time may be from the endorser's own clock, in milliseconds. */
export const MAX_CLOCK_SKEW_MS = 30_000;

/** What the shim hands out: a Long in transactions, a plain number in histories. */
interface Timestamp {
  readonly seconds: { toString(): string };
  readonly nanos: number;
}

/** Milliseconds since 1970-01-01T00:00:00Z. */
export function timestampMs(timestamp: Timestamp): number {
  return Number(timestamp.seconds.toString()) * 1000 + Math.floor(timestamp.nanos / 1_000_000);
}

/**
 * The transaction's time: the same at every endorser. The caller sets it, so an endorser refuses one that its own
 * clock contradicts; else a deadline could be met after it has passed.
 * @throws BlosmError BLOSM_E_CLOCK_SKEW
 */
export function transactionTimeMs(ctx: BlosmContext): number {
  const atMs = timestampMs(ctx.stub.getTxTimestamp());
  const offByMs = atMs - ctx.clock();
  if (Math.abs(offByMs) > MAX_CLOCK_SKEW_MS) {
    const side = offByMs > 0 ? 'ahead of' : 'behind';
    throw new BlosmError(
      'BLOSM_E_CLOCK_SKEW',
      `the transaction's time is more than ${MAX_CLOCK_SKEW_MS / 1000} s ${side} the endorser's clock`,
      { stage: 'endorse' },
    );
  }
  return atMs;
}

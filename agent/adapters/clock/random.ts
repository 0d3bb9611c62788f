import { randomBytes } from 'node:crypto';
import type { Clock, Random } from '../../ports/clock';

/** Crockford's base 32 in lower case: no i, l, o, u. */
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_DIGITS = 10;
const RANDOM_DIGITS = 16;
const MAX_RANDOM = (1n << 80n) - 1n;

function base32(value: bigint, digits: number): string {
  let rest = value;
  let text = '';
  for (let i = 0; i < digits; i += 1) {
    text = (DIGITS[Number(rest & 31n)] ?? '0') + text;
    rest >>= 5n;
  }
  return text;
}

/**
 * Ids in the manner of ULID (48 bits of time, 80 of randomness, base 32): they sort by the time at which they were
 * made, also within one millisecond and when the clock steps back.
 */
export function createRandom(clock: Pick<Clock, 'nowMs'>): Random {
  let lastMs = -1;
  let last = 0n;
  const next = (): string => {
    const nowMs = clock.nowMs();
    if (nowMs > lastMs) {
      lastMs = nowMs;
      // The top bit stays free, so that counting up within the millisecond cannot overflow.
      last = BigInt(`0x${randomBytes(10).toString('hex')}`) & (MAX_RANDOM >> 1n);
    } else {
      last += 1n;
    }
    return base32(BigInt(lastMs), TIME_DIGITS) + base32(last, RANDOM_DIGITS);
  };
  return {
    id: (prefix) => `${prefix}-${next()}`,
    secret: () => randomBytes(32).toString('base64url'),
    fraction: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
  };
}

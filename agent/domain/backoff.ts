/** How the waits between attempts grow. */
export interface BackoffPolicy {
  /** The first wait in milliseconds, before jitter. */
  readonly initialMs: number;
  /** Each further wait is so many times longer. */
  readonly factor: number;
  /** No wait is longer, in milliseconds. */
  readonly maxMs: number;
}

/**
 * The wait before the next attempt in milliseconds: half of it fixed, half of it random, so that many clients that
 * failed together do not come back together.
 * @param attempt number of attempts that have failed, from 1
 * @param fraction a random number from 0 (included) to 1 (excluded)
 */
export function backoffMs(policy: BackoffPolicy, attempt: number, fraction: number): number {
  const exponent = Math.max(0, attempt - 1);
  // A power that overflows to Infinity is cut by the minimum.
  const fullMs = Math.min(policy.maxMs, policy.initialMs * policy.factor ** exponent);
  return Math.round(fullMs / 2 + (fullMs / 2) * fraction);
}

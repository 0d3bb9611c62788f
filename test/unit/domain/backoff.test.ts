import fc from 'fast-check';
import { backoffMs } from '../../../agent/domain/backoff';

const policy = { initialMs: 100, factor: 2, maxMs: 1_000 };

describe('backoff', () => {
  it.each([
    [1, 0, 50],
    [1, 0.999_999, 100],
    [2, 0, 100],
    [3, 0.5, 300],
    [5, 0, 500],
    [10_000, 0, 500],
    [0, 0, 50],
  ])('after attempt %i with fraction %d waits %i ms', (attempt, fraction, expected) => {
    expect(backoffMs(policy, attempt, fraction)).toBe(expected);
  });

  it('never waits longer than the maximum, never less than half of the first wait', () => {
    const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), fraction, (attempt, each) => {
        const waitMs = backoffMs(policy, attempt, each);
        expect(waitMs).toBeGreaterThanOrEqual(policy.initialMs / 2);
        expect(waitMs).toBeLessThanOrEqual(policy.maxMs);
      }),
    );
  });
});

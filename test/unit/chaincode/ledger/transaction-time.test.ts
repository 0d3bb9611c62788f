import { BlosmContext, timestampMs, transactionTimeMs } from '../../../../chaincode/src/ledger';

const NOW_MS = 1_767_225_600_123;

function contextAt(clockMs: number, nanos = 123_999_999): BlosmContext {
  const ctx = new BlosmContext();
  const seconds = { toString: () => String(Math.floor(NOW_MS / 1000)) };
  ctx.stub = { getTxTimestamp: () => ({ seconds, nanos }) } as unknown as BlosmContext['stub'];
  ctx.clock = () => clockMs;
  return ctx;
}

describe('the time of a transaction', () => {
  it('is in milliseconds, rounded down', () => {
    expect(transactionTimeMs(contextAt(NOW_MS))).toBe(NOW_MS);
    expect(timestampMs({ seconds: 2, nanos: 1_999_999 })).toBe(2001);
  });

  it.each([-30_000, -1, 0, 1, 30_000])('may be %d ms from the clock of the endorser', (offByMs) => {
    expect(transactionTimeMs(contextAt(NOW_MS + offByMs))).toBe(NOW_MS);
  });

  it.each([
    [-30_001, 'ahead of'],
    [30_001, 'behind'],
  ])('is refused when the clock says %d ms', (offByMs, side) => {
    expect(() => transactionTimeMs(contextAt(NOW_MS + offByMs))).toThrow(
      new RegExp(`^BLOSM_E_CLOCK_SKEW: .* more than 30 s ${side} the endorser`),
    );
  });

  it('is compared with the real clock unless a test gives another', () => {
    const before = Date.now();
    expect(new BlosmContext().clock()).toBeGreaterThanOrEqual(before);
  });
});

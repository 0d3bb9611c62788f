import { longestGapMs, summarizeReadings } from '../../../network/demo/readings';
import type { Reading } from '../../../network/demo/vehicle';

const reading = (sentAtMs: number, endToEndMs: number, status = 200): Reading => ({
  sentAtMs,
  endToEndMs,
  status,
  servedBy: '',
  instanceId: '',
  gateway: '',
  body: null,
  error: '',
});

describe('summarizeReadings', () => {
  it('counts all, but takes times from good answers only', () => {
    const times = Array.from({ length: 100 }, (_, index) => reading(index, 100 - index));
    const summary = summarizeReadings([...times, reading(0, 9999, 503), reading(0, 5000, 0)]);
    expect(summary).toEqual({ count: 102, failed: 2, p50Ms: 50, p95Ms: 95, meanMs: 50.5 });
  });

  it('has no percentile of nothing', () => {
    expect(summarizeReadings([]).p50Ms).toBeNaN();
    expect(summarizeReadings([reading(0, 7)])).toMatchObject({ p50Ms: 7, p95Ms: 7 });
  });
});

describe('longestGapMs', () => {
  it('is the longest time between good answers as they arrive, in whatever order they were sent', () => {
    // Arrivals: 10, 150, 450 (sent before the one that arrived at 150).
    const readings = [reading(0, 10), reading(100, 350), reading(110, 40), reading(200, 1, 503)];
    expect(longestGapMs(readings)).toBe(300);
  });

  it('is 0 when there are no two good answers', () => {
    expect(longestGapMs([])).toBe(0);
    expect(longestGapMs([reading(0, 10), reading(500, 10, 502)])).toBe(0);
  });
});

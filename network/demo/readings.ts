import type { Reading } from './vehicle';

/** What a stretch of readings says. Times in milliseconds. */
export interface ReadingSummary {
  readonly count: number;
  readonly failed: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly meanMs: number;
}

export function summarizeReadings(readings: readonly Reading[]): ReadingSummary {
  const good = readings.filter((reading) => reading.status === 200).map((reading) => reading.endToEndMs);
  const sorted = [...good].sort((a, b) => a - b);
  const rank = (percent: number): number => sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? NaN;
  return {
    count: readings.length,
    failed: readings.length - good.length,
    p50Ms: rank(50),
    p95Ms: rank(95),
    meanMs: good.reduce((sum, value) => sum + value, 0) / good.length,
  };
}

/**
 * The longest time between two answers that came in: what a passenger would notice. Milliseconds; 0 for fewer than two
 * good answers.
 */
export function longestGapMs(readings: readonly Reading[]): number {
  const arrivals = readings
    .filter((reading) => reading.status === 200)
    .map((reading) => reading.sentAtMs + reading.endToEndMs)
    .sort((a, b) => a - b);
  return arrivals.slice(1).reduce((longest, at, index) => Math.max(longest, at - (arrivals[index] ?? at)), 0);
}

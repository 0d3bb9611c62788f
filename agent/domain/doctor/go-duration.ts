const UNITS_MS: readonly (readonly [unit: string, ms: number])[] = [
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
  ['us', 0.001],
  ['µs', 0.001],
  ['ns', 1e-6],
];

/** Milliseconds of a duration as Go writes it, e.g. `1m0.5s`; 0 for what is none. */
export function parseGoDuration(text: string): number {
  return UNITS_MS.reduce((sum, [unit, ms]) => {
    const found = new RegExp(`(\\d+(?:\\.\\d+)?)${unit}(?![a-zµ])`).exec(text);
    return found === null ? sum : sum + Number(found[1]) * ms;
  }, 0);
}

import { z } from 'zod';

type Stored = Readonly<Record<string, unknown>>;

/** What a record of one version lacks of the next: at index 0 the step from version 1 to 2, and so on. */
export type Raise = (stored: Stored) => Stored;

/**
 * A record's schema that also reads what earlier releases have written: each step raises the record by one version, and
 * only the present version is ever written. A record of a later version is refused by its `v`.
 * @param current the record as this release writes it; `v` is the number of steps plus one
 */
export function versioned<T extends z.ZodObject>(current: T, ...steps: readonly Raise[]): z.ZodType<z.output<T>> {
  return z.preprocess((stored) => raise(stored, steps), current);
}

function raise(stored: unknown, steps: readonly Raise[]): unknown {
  if (typeof stored !== 'object' || stored === null || !('v' in stored)) return stored;
  const from = Number(stored.v) - 1;
  // A version that never was does not come out as the present one, and is refused by that.
  return steps
    .slice(Math.max(0, from))
    .reduce<Stored>((record, step, index) => ({ ...step(record), v: from + index + 2 }), { ...stored });
}

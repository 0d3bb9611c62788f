import { createHash } from 'node:crypto';

/** Everything is run, not a sample: `npm run test:full`. */
export const isFull = process.env.BLOSM_TEST_FULL === '1';

/** What decides which sample is taken: always the same one, so that a run can be compared, unless another is asked for. */
const seed = Number(process.env.BLOSM_TEST_SEED ?? 1);

/**
 * So many of the cases, chosen by the seed and by the name of the table, in the table's order; all of them in a full
 * run. The seed is printed, so that it can be told what was run.
 */
export function sampleOf<T>(cases: readonly T[], table: string, count: number): readonly T[] {
  if (isFull || cases.length <= count) return cases;
  process.stdout.write(`${table}: ${count} of ${cases.length}, BLOSM_TEST_SEED=${seed}\n`);
  const ranked = cases.map((one, place) => ({ one, place, rank: rankOf(table, place) }));
  const chosen = ranked.sort((a, b) => (a.rank < b.rank ? -1 : 1)).slice(0, count);
  return chosen.sort((a, b) => a.place - b.place).map(({ one }) => one);
}

const rankOf = (table: string, place: number): string =>
  createHash('sha256').update(`${seed} ${table} ${place}`).digest('hex');

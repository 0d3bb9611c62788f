import { availableParallelism } from 'node:os';

/** So many programs keep the cores busy; more at once only make each of them miss its deadline. */
const AT_ONCE = Math.max(4, 2 * availableParallelism());

/**
 * Does the work for each item, a few at a time, so that what is measured from an item's own start (a deadline) does not
 * depend on how many there are.
 * @returns the results in the items' order; the first failure ends it, and no further item is begun
 */
export async function inTurns<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
  atOnce = AT_ONCE,
): Promise<R[]> {
  const results: R[] = [];
  const left = items.entries();
  let hasFailed = false;
  const run = async (): Promise<void> => {
    for (const [index, item] of left) {
      if (hasFailed) return;
      try {
        results[index] = await work(item);
      } catch (failure) {
        hasFailed = true;
        throw failure;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, run));
  return results;
}

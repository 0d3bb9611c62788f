import type { Clock } from '../../ports/clock';
import type { Journal, JournalEntry } from '../../ports/journal';

export interface JournalWatcher {
  /** An entry is on the disk; `durationMs`: how long that took. */
  wrote(entry: JournalEntry, durationMs: number): void;
}

/** The same journal, whose new entries the watchers are told of. */
export function watchJournal<T extends Journal>(journal: T, clock: Clock, watchers: readonly JournalWatcher[]): T {
  const append = async (entry: JournalEntry): Promise<void> => {
    const startMs = clock.nowMs();
    await journal.append(entry);
    for (const watcher of watchers) watcher.wrote(entry, clock.nowMs() - startMs);
  };
  return new Proxy(journal, {
    get: (target, property) => {
      if (property === 'append') return append;
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

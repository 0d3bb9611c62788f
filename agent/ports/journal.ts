import type { JournalEntry } from '../domain/journal-entry';

export type { JournalEntry } from '../domain/journal-entry';

/** Fails with BLOSM_E_JOURNAL; after a disk without room it goes on as soon as there is some. */
export interface Journal {
  append(entry: JournalEntry): Promise<void>;
  /** All entries that were completely written, oldest first; a torn last line is dropped and reported by `droppedBytes`. */
  readAll(): Promise<readonly JournalEntry[]>;
  /** Keeps these entries only; what is appended meanwhile stays. A crash leaves all of them or these. */
  compact(keep: (entry: JournalEntry) => boolean): Promise<void>;
}

/** A small file that is replaced atomically: the event checkpoint, run specs of registered services. */
export interface Store<T> {
  /** Null when nothing was stored or it cannot be read. */
  load(): Promise<T | null>;
  save(value: T): Promise<void>;
}

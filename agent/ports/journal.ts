/**
 * The agent's own memory: an append-only list of entries. `append` returns only after the entry is on the disk (fsync).
 * What the ledger or the engine can tell is never read from here; it holds intents and results that nobody else knows.
 */
export interface JournalEntry {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** The instance's lane; empty for the agent's own entries. */
  readonly instanceId: string;
  readonly migrationId: string;
  /** E.g. `step-begun`, `step-done`, `step-failed`, `fact`. */
  readonly kind: 'step-begun' | 'step-done' | 'step-failed' | 'fact';
  /** The step's or fact's name. */
  readonly name: string;
  /** JSON value: the step's arguments, its result, or the error's code and message. */
  readonly detail: unknown;
}

/** Fails with BLOSM_E_JOURNAL. */
export interface Journal {
  append(entry: JournalEntry): Promise<void>;
  /** All entries that were completely written, oldest first; a torn last line is dropped and reported by `droppedBytes`. */
  readAll(): Promise<readonly JournalEntry[]>;
}

/** A small file that is replaced atomically: the event checkpoint, run specs of registered services. */
export interface Store<T> {
  /** Null when nothing was stored or it cannot be read. */
  load(): Promise<T | null>;
  save(value: T): Promise<void>;
}

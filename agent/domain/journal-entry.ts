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

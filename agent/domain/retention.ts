import type { InstanceFacts } from './facts';
import type { JournalEntry } from './journal-entry';

/** How much of the journal stays for its timelines. */
export interface Retention {
  readonly forMs: number;
  /** Not more of the newest entries than so many. */
  readonly entries: number;
}

export interface JournalContent {
  /** Oldest first. */
  readonly entries: readonly JournalEntry[];
  readonly facts: ReadonlyMap<string, InstanceFacts>;
  readonly nowMs: number;
  /** Instances that this node looks after: what runs or ran here may be asked for again. */
  readonly here: ReadonlySet<string>;
}

/** So many ended migrations of an instance that is still here keep the facts that outlive them. */
const LASTING_MIGRATIONS = 5;
/** What a later plan may need of a migration that has ended: its images, and that it has ended. */
const LASTING: ReadonlySet<string> = new Set(['fact:image', 'step-done:commit', 'fact:closed', 'fact:failure']);

/**
 * Which entries of a journal stay. Everything of a migration that is not closed does; what is recent does, for the
 * timelines; and of an instance that is still here, what tells whether its container was lost and which images are its
 * own. Everything else has been told and done.
 */
export function retained(content: JournalContent, retention: Retention): (entry: JournalEntry) => boolean {
  const { entries, facts, nowMs, here } = content;
  const oldestOfNewest = entries.at(-retention.entries)?.atMs ?? -Infinity;
  const sinceMs = Math.max(nowMs - retention.forMs, entries.length > retention.entries ? oldestOfNewest : -Infinity);
  const migrations = [...facts].flatMap(([instanceId, { migrations: all }]) => all.map((m) => ({ ...m, instanceId })));
  const open = new Set(migrations.filter((m) => !m.closed).map((m) => m.migrationId));
  const lasting = new Set([...here].flatMap((instanceId) => lastMigrations(facts.get(instanceId))));
  const births = lastBirths(entries, here);
  return (entry) =>
    entry.atMs >= sinceMs ||
    open.has(entry.migrationId) ||
    births.has(keyOf(entry)) ||
    (lasting.has(entry.migrationId) && LASTING.has(`${entry.kind}:${entry.name}`));
}

const lastMigrations = (facts: InstanceFacts | undefined): string[] =>
  (facts?.migrations ?? []).slice(-LASTING_MIGRATIONS).map((m) => m.migrationId);

/** The newest creation of a container of each instance that is here. */
function lastBirths(entries: readonly JournalEntry[], here: ReadonlySet<string>): ReadonlySet<string> {
  const births = entries.filter((e) => e.kind === 'step-done' && e.name === 'create' && here.has(e.instanceId));
  return new Set(new Map(births.map((entry) => [entry.instanceId, keyOf(entry)])).values());
}

const keyOf = ({ instanceId, migrationId, kind, name, atMs }: JournalEntry): string =>
  [instanceId, migrationId, kind, name, atMs].join(' ');

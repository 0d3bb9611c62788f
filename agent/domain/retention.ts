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
/** What a later plan may need of a migration that has ended: its images, who ordered it, and that it has ended. */
const LASTING: ReadonlySet<string> = new Set([
  'fact:order',
  'fact:image',
  'step-done:commit',
  'fact:failure',
  'fact:closed',
]);
/** What is said of an instance itself: of each kind the last word counts. */
const WORDS: Readonly<Record<string, string | undefined>> = {
  'fact:creation': 'creation',
  'step-done:create': 'birth',
  'fact:retire': 'retirement',
  'fact:retain': 'retirement',
};

/**
 * Which entries of a journal stay. Everything of a migration that is not closed does; what is recent does, for the
 * timelines; and of an instance that is still here, what tells whether its container was lost, whether it is being
 * removed, and which images are its own. Everything else has been told and done.
 */
export function retained(content: JournalContent, retention: Retention): (entry: JournalEntry) => boolean {
  const { entries, facts, nowMs, here } = content;
  const oldestOfNewest = entries.at(-retention.entries)?.atMs ?? -Infinity;
  const sinceMs = Math.max(nowMs - retention.forMs, entries.length > retention.entries ? oldestOfNewest : -Infinity);
  const migrations = [...facts].flatMap(([instanceId, { migrations: all }]) => all.map((m) => ({ ...m, instanceId })));
  const open = new Set(migrations.filter((m) => !m.closed).map((m) => m.migrationId));
  const lasting = new Set([...here].flatMap((instanceId) => lastMigrations(facts.get(instanceId))));
  const words = lastWords(entries, here);
  return (entry) =>
    entry.atMs >= sinceMs ||
    open.has(entry.migrationId) ||
    words.has(keyOf(entry)) ||
    (lasting.has(entry.migrationId) && LASTING.has(`${entry.kind}:${entry.name}`));
}

const lastMigrations = (facts: InstanceFacts | undefined): string[] =>
  (facts?.migrations ?? []).slice(-LASTING_MIGRATIONS).map((m) => m.migrationId);

/** By instance that is here and by kind. */
function lastWords(entries: readonly JournalEntry[], here: ReadonlySet<string>): ReadonlySet<string> {
  const last = new Map<string, string>();
  for (const entry of entries) {
    const word = WORDS[`${entry.kind}:${entry.name}`];
    if (word !== undefined && here.has(entry.instanceId)) last.set(`${entry.instanceId} ${word}`, keyOf(entry));
  }
  return new Set(last.values());
}

const keyOf = ({ instanceId, migrationId, kind, name, atMs }: JournalEntry): string =>
  [instanceId, migrationId, kind, name, atMs].join(' ');

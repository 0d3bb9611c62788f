import type { JournalEntry } from '../domain/journal-entry';
import { foldEntry, NO_INSTANCE_FACTS, type FactName, type InstanceFacts } from '../domain/facts';
import type { KeptOrder } from '../domain/orders';
import { retained, type Retention } from '../domain/retention';
import type { Clock } from '../ports/clock';
import type { Journal } from '../ports/journal';

/** Timelines can be told for a week, at most of so many entries: a migration has about forty on each side. */
const RETENTION: Retention = { forMs: 7 * 86_400_000, entries: 5000 };
/** A journal is not rewritten before it has so many entries, and twice as many as were kept the last time. */
const MIN_ENTRIES = 2000;

/** The journal with what it says of each instance, folded. An entry counts only once it is on the disk. */
export class InstanceJournal {
  private facts = new Map<string, InstanceFacts>();
  private entries: JournalEntry[] = [];
  private byMigration = new Map<string, JournalEntry[]>();
  private keptLast = 0;
  private lastFailure: string | null = null;
  private lastFailedStep: JournalEntry | null = null;

  constructor(
    private readonly journal: Journal,
    private readonly clock: Clock,
    private readonly retention: Retention = RETENTION,
    private readonly minEntries = MIN_ENTRIES,
  ) {}

  /** Reads what an earlier run wrote. @throws BlosmError BLOSM_E_JOURNAL */
  async load(): Promise<void> {
    for (const entry of await this.journal.readAll()) this.fold(entry);
  }

  /** Why the last entry could not be written; null: it was. */
  get failure(): string | null {
    return this.lastFailure;
  }

  /** The newest step that failed, of whatever instance; null: none that is remembered. */
  get failedStep(): JournalEntry | null {
    return this.lastFailedStep;
  }

  factsOf(instanceId: string): InstanceFacts {
    return this.facts.get(instanceId) ?? NO_INSTANCE_FACTS;
  }

  /** Instances with a migration that is not closed. */
  unfinished(): string[] {
    return [...this.facts].filter(([, facts]) => facts.migrations.some((m) => !m.closed)).map(([id]) => id);
  }

  /** What other agents ordered and is not done with: it stays reserved. */
  orders(): { readonly migrationId: string; readonly order: KeptOrder }[] {
    const open = [...this.facts.values()].flatMap((facts) => facts.migrations.filter((m) => !m.closed));
    return open.flatMap(({ migrationId, order }) => (order === null ? [] : [{ migrationId, order }]));
  }

  /** All entries of a migration, oldest first: the raw material of its timeline. */
  entriesOf(migrationId: string): readonly JournalEntry[] {
    return this.byMigration.get(migrationId) ?? [];
  }

  /** @throws BlosmError BLOSM_E_JOURNAL; nothing of the entry is kept then */
  async append(entry: Omit<JournalEntry, 'atMs'>): Promise<void> {
    const dated = { ...entry, atMs: this.clock.nowMs() };
    try {
      await this.journal.append(dated);
      this.lastFailure = null;
    } catch (error) {
      this.lastFailure = error instanceof Error ? error.message : String(error);
      throw error;
    }
    this.fold(dated);
  }

  appendFact(instanceId: string, migrationId: string, name: FactName, detail: unknown): Promise<void> {
    return this.append({ instanceId, migrationId, kind: 'fact', name, detail });
  }

  /** Writes an entry that says nothing, to see whether there is room again. @throws BlosmError BLOSM_E_JOURNAL */
  probe(): Promise<void> {
    return this.append({ instanceId: '', migrationId: '', kind: 'fact', name: 'probe', detail: null });
  }

  /**
   * Lets go of what nobody needs any more, once the journal has grown enough for that.
   * @param here instances that this node looks after
   * @returns how many entries went
   * @throws BlosmError BLOSM_E_JOURNAL: everything is as it was
   */
  async compactIfDue(here: ReadonlySet<string>): Promise<number> {
    if (this.entries.length < Math.max(this.minEntries, 2 * this.keptLast)) return 0;
    const { facts } = this;
    const entries = [...this.entries];
    const judged = new Set(entries.map((entry) => JSON.stringify(entry)));
    const retains = retained({ entries, facts, nowMs: this.clock.nowMs(), here }, this.retention);
    // What is appended meanwhile was not judged, and is not always recent: the clock may have been set back.
    const keep = (entry: JournalEntry): boolean => !judged.has(JSON.stringify(entry)) || retains(entry);
    await this.journal.compact(keep);
    const before = this.entries;
    this.entries = [];
    this.facts = new Map();
    this.byMigration = new Map();
    for (const entry of before) if (keep(entry)) this.fold(entry);
    this.keptLast = this.entries.length;
    return before.length - this.entries.length;
  }

  private fold(entry: JournalEntry): void {
    const { instanceId, migrationId } = entry;
    this.entries.push(entry);
    if (entry.kind === 'step-failed') this.lastFailedStep = entry;
    if (instanceId !== '') this.facts.set(instanceId, foldEntry(this.factsOf(instanceId), entry));
    if (migrationId === '') return;
    const known = this.byMigration.get(migrationId);
    if (known === undefined) this.byMigration.set(migrationId, [entry]);
    else known.push(entry);
  }
}

import type { JournalEntry } from '../domain/journal-entry';
import { foldEntry, NO_INSTANCE_FACTS, type FactName, type InstanceFacts } from '../domain/facts';
import type { KeptOrder } from '../domain/orders';
import type { Clock } from '../ports/clock';
import type { Journal } from '../ports/journal';

/** The journal with what it says of each instance, folded. An entry counts only once it is on the disk. */
export class InstanceJournal {
  private readonly facts = new Map<string, InstanceFacts>();
  private readonly entries: JournalEntry[] = [];

  constructor(
    private readonly journal: Journal,
    private readonly clock: Clock,
  ) {}

  /** Reads what an earlier run wrote. @throws BlosmError BLOSM_E_JOURNAL */
  async load(): Promise<void> {
    for (const entry of await this.journal.readAll()) this.fold(entry);
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
  entriesOf(migrationId: string): JournalEntry[] {
    return this.entries.filter((entry) => entry.migrationId === migrationId);
  }

  async append(entry: Omit<JournalEntry, 'atMs'>): Promise<void> {
    const dated = { ...entry, atMs: this.clock.nowMs() };
    await this.journal.append(dated);
    this.fold(dated);
  }

  appendFact(instanceId: string, migrationId: string, name: FactName, detail: unknown): Promise<void> {
    return this.append({ instanceId, migrationId, kind: 'fact', name, detail });
  }

  private fold(entry: JournalEntry): void {
    this.entries.push(entry);
    if (entry.instanceId !== '') this.facts.set(entry.instanceId, foldEntry(this.factsOf(entry.instanceId), entry));
  }
}

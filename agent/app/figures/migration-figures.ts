import type { MigrationFacts } from '../../domain/facts';
import type { JournalEntry } from '../../ports/journal';
import type { Metrics } from '../../ports/metrics';
import type { JournalWatcher } from '../watch/watched-journal';

/** The steps that write a state of a migration. */
const STATE_OF: Readonly<Record<string, string | undefined>> = {
  propose: 'PROPOSED',
  prepare: 'PREPARED',
  'hand-over': 'HANDED_OVER',
  complete: 'COMPLETED',
  abort: 'ABORTED',
};

/** What is known elsewhere of a migration that has an entry. */
export interface MigrationLookup {
  facts(instanceId: string, migrationId: string): MigrationFacts | undefined;
  /** Milliseconds; null: it never came to an outage that is known. */
  outageMs(migrationId: string): Promise<number | null>;
}

/** Counts the steps that the journal tells of. */
export class MigrationFigures implements JournalWatcher {
  private lookup: MigrationLookup | null = null;
  private readonly begun = new Map<string, number>();

  constructor(private readonly metrics: Metrics) {}

  /** Given once the agent is there. */
  ask(lookup: MigrationLookup): void {
    this.lookup = lookup;
  }

  wrote(entry: JournalEntry, durationMs: number): void {
    this.metrics.add('blosm_journal_entries_total', { kind: entry.kind });
    this.metrics.observe('blosm_journal_append_seconds', {}, durationMs / 1000);
    if (entry.kind === 'fact') {
      if (entry.name === 'closed') this.closed(entry);
      return;
    }
    this.phase(entry);
    const state = entry.kind === 'step-done' ? STATE_OF[entry.name] : undefined;
    if (state !== undefined) this.metrics.add('blosm_migrations_total', { state, ...this.labelsOf(entry) });
  }

  /** One step at a time in each lane. */
  private phase({ kind, instanceId, name, atMs }: JournalEntry): void {
    if (kind === 'step-begun') {
      this.begun.set(instanceId, atMs);
      return;
    }
    const begunMs = this.begun.get(instanceId);
    this.begun.delete(instanceId);
    if (begunMs === undefined) return;
    const outcome = kind === 'step-done' ? 'done' : 'failed';
    this.metrics.observe('blosm_migration_phase_seconds', { phase: name, outcome }, (atMs - begunMs) / 1000);
  }

  private labelsOf({ instanceId, migrationId }: JournalEntry): { strategy: string; trigger: string } {
    const { intent, order } = this.lookup?.facts(instanceId, migrationId) ?? { intent: null, order: null };
    if (intent !== null) return { strategy: intent.strategy, trigger: intent.trigger };
    // The destination is told how it moves, not why.
    return { strategy: order?.strategy ?? 'unknown', trigger: 'unknown' };
  }

  private closed(entry: JournalEntry): void {
    const { lookup } = this;
    const isSource = lookup?.facts(entry.instanceId, entry.migrationId)?.intent != null;
    if (lookup === null || !isSource) return;
    const { strategy } = this.labelsOf(entry);
    lookup.outageMs(entry.migrationId).then(
      (outageMs) => {
        if (outageMs !== null) this.metrics.observe('blosm_migration_outage_seconds', { strategy }, outageMs / 1000);
      },
      // Nobody waits for it, and the timeline tells it as long as both sides remember.
      () => undefined,
    );
  }
}

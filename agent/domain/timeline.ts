import type { JournalEntry } from './journal-entry';

/** One phase of a migration on one node; milliseconds since 1970 by that node's clock. */
export interface Phase {
  readonly name: string;
  readonly startMs: number;
  /** Null: under way. */
  readonly endMs: number | null;
  /** The error's message when it failed; else empty. */
  readonly detail: string;
  /** The ledger's transaction that the step wrote; empty: none. */
  readonly transactionId: string;
}

/** The phases of one migration from a journal: one for each attempt of a step, in the order in which they began. */
export function phasesOf(entries: readonly JournalEntry[], migrationId: string): Phase[] {
  const phases: Phase[] = [];
  const open = new Map<string, number>();
  for (const entry of entries) {
    if (entry.migrationId !== migrationId || entry.kind === 'fact') continue;
    if (entry.kind === 'step-begun') {
      open.set(entry.name, phases.length);
      phases.push({ name: entry.name, startMs: entry.atMs, endMs: null, detail: '', transactionId: '' });
      continue;
    }
    endPhase(phases, open.get(entry.name), entry);
    open.delete(entry.name);
  }
  return phases;
}

function endPhase(phases: Phase[], index: number | undefined, entry: JournalEntry): void {
  const begun = index === undefined ? undefined : phases[index];
  if (index === undefined || begun === undefined) return;
  const detail = entry.kind === 'step-failed' ? messageOf(entry.detail) : '';
  phases[index] = { ...begun, endMs: entry.atMs, detail, transactionId: transactionOf(entry.detail) };
}

function transactionOf(detail: unknown): string {
  const has = typeof detail === 'object' && detail !== null && 'transactionId' in detail;
  return has && typeof detail.transactionId === 'string' ? detail.transactionId : '';
}

function messageOf(detail: unknown): string {
  if (typeof detail === 'object' && detail !== null && 'message' in detail) return String(detail.message);
  return 'failed';
}

/**
 * Milliseconds during which nobody served the instance: from the source's drain until the destination completed, or the
 * source served again after an abort; null when it is not over, 0 when the source never closed.
 */
export function outageMs(source: readonly Phase[], destination: readonly Phase[]): number | null {
  const closed = source.find((phase) => phase.name === 'drain');
  if (closed === undefined) return 0;
  const since = (phases: readonly Phase[], name: string): Phase[] =>
    phases.filter((phase) => phase.name === name && phase.startMs >= closed.startMs);
  // What was not stopped serves on with the abort.
  const wasStopped = since(source, 'stop').some(({ detail }) => detail === '');
  const reopened = [
    ...since(source, 'warm').map(doneMs),
    ...since(destination, 'complete').map(({ startMs }) => startMs),
    ...(wasStopped ? [] : since(source, 'abort').map(doneMs)),
  ].find((atMs) => atMs !== null);
  return reopened === undefined ? null : reopened - closed.startMs;
}

/** Null: it failed or is under way. */
const doneMs = ({ endMs, detail }: Phase): number | null => (detail === '' ? endMs : null);

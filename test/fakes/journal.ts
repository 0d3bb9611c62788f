import type { Journal, JournalEntry, Store } from '../../agent/ports/journal';
import { BlosmError } from '../../chaincode/src/model';

/** What the real ones say of a disk without room. */
const diskFull = (stage: string): BlosmError => new BlosmError('BLOSM_E_JOURNAL', 'no space left on device', { stage });

/** The agent died here: nothing that it still tries to write is kept. */
export class CrashError extends Error {
  override readonly name = 'CrashError';
}

/** A journal in memory. What was appended survives a crash, as a synced file would. */
export class FakeJournal implements Journal {
  /** The disk has no room: nothing is kept until this is false again. */
  isFull = false;
  private entries: JournalEntry[] = [];
  private crashAt = Number.POSITIVE_INFINITY;
  private waiters: (() => void)[] = [];

  /** Whether the crash has come. */
  get hasCrashed(): boolean {
    return this.entries.length >= this.crashAt;
  }

  /** How many entries it holds: the number of points at which a test can crash. */
  get length(): number {
    return this.entries.length;
  }

  /**
   * The entry with this number (1: the very first of all) is the last that is kept; every later call throws a
   * CrashError. 0: nothing is kept at all.
   */
  crashAfter(count: number): void {
    this.crashAt = count;
  }

  /** The machine is up again: what was kept can be read, and appending goes on. */
  revive(): void {
    this.crashAt = Number.POSITIVE_INFINITY;
  }

  /** Resolves when the last entry that is kept has been written. */
  crashed(): Promise<void> {
    if (this.hasCrashed) return Promise.resolve();
    return new Promise((resolve) => void this.waiters.push(resolve));
  }

  append(entry: JournalEntry): Promise<void> {
    if (this.hasCrashed) return Promise.reject(new CrashError('the agent has crashed'));
    if (this.isFull) return Promise.reject(diskFull('write'));
    // As the real one: what is kept is text, so a later change of the object changes nothing.
    this.entries.push(JSON.parse(JSON.stringify(entry)) as JournalEntry);
    if (this.entries.length >= this.crashAt) {
      this.waiters.forEach((wake) => wake());
      this.waiters = [];
    }
    return Promise.resolve();
  }

  readAll(): Promise<readonly JournalEntry[]> {
    return this.hasCrashed
      ? Promise.reject(new CrashError('the agent has crashed'))
      : Promise.resolve([...this.entries]);
  }

  /** The disk has lost the newest entries, without a trace. */
  truncate(count: number): void {
    this.entries = this.entries.slice(0, Math.max(0, this.entries.length - count));
  }

  compact(keep: (entry: JournalEntry) => boolean): Promise<void> {
    if (this.isFull) return Promise.reject(diskFull('compact'));
    this.entries = this.entries.filter(keep);
    return Promise.resolve();
  }
}

/** A store in memory. */
export class FakeStore<T> implements Store<T> {
  /** The disk has no room: what was kept stays. */
  isFull = false;

  constructor(private kept: T | null = null) {}

  /** The file is gone. */
  lose(): void {
    this.kept = null;
  }

  load(): Promise<T | null> {
    return Promise.resolve(structuredClone(this.kept));
  }

  save(value: T): Promise<void> {
    if (this.isFull) return Promise.reject(diskFull('store'));
    this.kept = structuredClone(value);
    return Promise.resolve();
  }
}

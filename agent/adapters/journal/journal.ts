import { mkdir, open, readFile, stat, truncate, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { BlosmError } from '../../../chaincode/src/model';
import type { Journal, JournalEntry } from '../../ports/journal';
import { encodeLine, type JournalLine } from './line';
import { lockDirectory } from './lock';
import { scanJournal } from './scan';

export interface OpenJournal extends Journal {
  /** Bytes of a torn last write that were dropped at the opening. */
  readonly droppedBytes: number;
  /** Of the file on the disk, in bytes. */
  sizeBytes(): Promise<number>;
  /** Rewrites the file with the entries to keep, e.g. without those of migrations that have ended. */
  compact(keep: (entry: JournalEntry) => boolean): Promise<void>;
  /** Waits for what is being written, then lets another agent use the directory. */
  close(): Promise<void>;
}

/**
 * Opens the journal of a state directory, which is made when it is missing.
 * @throws BlosmError BLOSM_E_AGENT_RUNNING when another agent uses it; BLOSM_E_JOURNAL when it cannot be read
 */
export async function openJournal(directory: string): Promise<OpenJournal> {
  const file = join(directory, 'journal.ndjson');
  await attempt('create', directory, () => mkdir(directory, { recursive: true, mode: 0o700 }));
  const release = await attempt('lock', directory, () => lockDirectory(directory));
  try {
    return await attempt('open', file, () => openFile(file, release));
  } catch (error) {
    await release();
    throw error;
  }
}

async function openFile(file: string, release: () => Promise<void>): Promise<OpenJournal> {
  const handle = await open(file, 'a', 0o600);
  try {
    const content = await readFile(file);
    const { lines, wholeBytes } = scanJournal(content, file);
    if (wholeBytes < content.length) {
      await truncate(file, wholeBytes);
      await handle.sync();
    }
    await syncDirectory(file);
    return new FileJournal(file, handle, [...lines], content.length - wholeBytes, release);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

interface Waiting {
  readonly entry: JournalEntry;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * INVARIANTS
 * - One write at a time; all entries that wait when it begins share it and its fsync.
 * - `append` resolves after the fsync, never before.
 * - After a failed write or fsync nothing more is written: what is on the disk is not known any more.
 */
class FileJournal implements OpenJournal {
  private waiting: Waiting[] = [];
  private tail: Promise<void> = Promise.resolve();
  private failure: BlosmError | null = null;
  private isClosed = false;

  constructor(
    private readonly file: string,
    private handle: FileHandle,
    private lines: JournalLine[],
    readonly droppedBytes: number,
    private readonly release: () => Promise<void>,
  ) {}

  append(entry: JournalEntry): Promise<void> {
    if (this.isClosed) return Promise.reject(this.refusal('closed'));
    return new Promise((resolve, reject) => {
      this.waiting.push({ entry, resolve, reject });
      if (this.waiting.length === 1) this.enqueue(() => this.flush());
    });
  }

  readAll(): Promise<readonly JournalEntry[]> {
    return this.failure === null ? Promise.resolve(this.lines.map((line) => line.entry)) : Promise.reject(this.failure);
  }

  async compact(keep: (entry: JournalEntry) => boolean): Promise<void> {
    if (this.isClosed) throw this.refusal('closed');
    await new Promise<void>((resolve, reject) => {
      this.enqueue(() => this.rewrite(keep).then(resolve, reject));
    });
  }

  async sizeBytes(): Promise<number> {
    const { size } = await stat(this.file);
    return size;
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await this.tail;
    await this.handle.close();
    await this.release();
  }

  private enqueue(work: () => Promise<void>): void {
    this.tail = this.tail.then(work);
  }

  /** Never rejects: each waiting caller is told. */
  private async flush(): Promise<void> {
    const batch = this.waiting;
    this.waiting = [];
    try {
      if (this.failure !== null) throw this.failure;
      const lines = numbered(batch, this.nextSequence());
      await this.handle.appendFile(lines.map(encodeLine).join(''));
      await this.handle.datasync();
      this.lines.push(...lines);
      for (const { resolve } of batch) resolve();
    } catch (cause) {
      this.failure ??= journalError('write', this.file, cause);
      for (const { reject } of batch) reject(this.failure);
    }
  }

  private async rewrite(keep: (entry: JournalEntry) => boolean): Promise<void> {
    if (this.failure !== null) throw this.failure;
    const kept = this.lines.filter((line) => keep(line.entry));
    if (kept.length === this.lines.length) return;
    // Each line is a write of its own here: the whole file is synced before it takes the old one's place.
    const start = this.nextSequence();
    const lines = kept.map(({ entry }, index) => ({ sequence: start + index, batchStart: start + index, entry }));
    try {
      await writeFileAtomic(this.file, lines.map(encodeLine).join(''), { mode: 0o600, fsync: true });
      await syncDirectory(this.file);
      const before = this.handle;
      this.handle = await open(this.file, 'a', 0o600);
      await before.close();
    } catch (cause) {
      this.failure = journalError('compact', this.file, cause);
      throw this.failure;
    }
    this.lines = lines;
  }

  private nextSequence(): number {
    return (this.lines.at(-1)?.sequence ?? -1) + 1;
  }

  private refusal(why: string): BlosmError {
    return new BlosmError('BLOSM_E_JOURNAL', `${this.file} is ${why}`, { stage: 'write' });
  }
}

const numbered = (entries: readonly { readonly entry: JournalEntry }[], batchStart: number): JournalLine[] =>
  entries.map(({ entry }, index) => ({ sequence: batchStart + index, batchStart, entry }));

/** A new name in a directory survives a power cut only once the directory itself is on the disk. */
async function syncDirectory(file: string): Promise<void> {
  const handle = await open(dirname(file), 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const journalError = (stage: string, path: string, cause: unknown): BlosmError =>
  new BlosmError('BLOSM_E_JOURNAL', `cannot ${stage} ${path}: ${String(cause)}`, { stage, cause });

async function attempt<T>(stage: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw cause instanceof BlosmError ? cause : journalError(stage, path, cause);
  }
}

import { mkdir, open, readdir, readFile, rm, stat, truncate, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { BlosmError } from '../../../chaincode/src/model';
import type { Journal, JournalEntry } from '../../ports/journal';
import { headerLine } from './header';
import { encodeLine, type JournalLine } from './line';
import { lockDirectory } from './lock';
import { scanJournal } from './scan';

/** In the state directory. */
export const JOURNAL_FILE = 'journal.ndjson';

export interface OpenJournal extends Journal {
  /** Bytes of a torn last write that were dropped at the opening. */
  readonly droppedBytes: number;
  /** Of the file on the disk, in bytes. */
  sizeBytes(): Promise<number>;
  /** Waits for what is being written, then lets another agent use the directory. */
  close(): Promise<void>;
}

/**
 * Opens the journal of a state directory, which is made when it is missing.
 * @throws BlosmError BLOSM_E_AGENT_RUNNING when another agent uses it; BLOSM_E_JOURNAL when it cannot be read
 */
export async function openJournal(directory: string): Promise<OpenJournal> {
  const file = join(directory, JOURNAL_FILE);
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
  await removeDrafts(file);
  const handle = await open(file, 'a', 0o600);
  try {
    const content = await readFile(file);
    const { lines, hasHeader, wholeBytes } = scanJournal(content, file);
    if (wholeBytes < content.length) await truncate(file, wholeBytes);
    // An earlier release's file goes on as it is until it is rewritten.
    const header = hasHeader || lines.length > 0 ? '' : headerLine();
    await handle.appendFile(header);
    await handle.sync();
    await syncDirectory(file);
    const found = { lines: [...lines], wholeBytes: wholeBytes + header.length };
    return new FileJournal(file, handle, found, content.length - wholeBytes, release);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** What a crash has left of a compaction that did not come to its end. */
async function removeDrafts(file: string): Promise<void> {
  const names = await readdir(dirname(file));
  const drafts = names.filter((name) => name.startsWith(`${basename(file)}.`));
  for (const name of drafts) await rm(join(dirname(file), name), { force: true });
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
 * - After a disk without room what was not acknowledged is cut off before anything else is written.
 * - After any other failed write or fsync nothing more is written: what is on the disk is not known any more.
 */
class FileJournal implements OpenJournal {
  private waiting: Waiting[] = [];
  private tail: Promise<void> = Promise.resolve();
  private failure: BlosmError | null = null;
  private isClosed = false;
  private lines: JournalLine[];
  /** So many bytes have been acknowledged. */
  private wholeBytes: number;
  /** More than that may be on the disk. */
  private isTorn = false;

  constructor(
    private readonly file: string,
    private handle: FileHandle,
    found: { readonly lines: JournalLine[]; readonly wholeBytes: number },
    readonly droppedBytes: number,
    private readonly release: () => Promise<void>,
  ) {
    this.lines = found.lines;
    this.wholeBytes = found.wholeBytes;
  }

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
      await this.cutTornTail();
      const lines = numbered(batch, this.nextSequence());
      const text = lines.map(encodeLine).join('');
      this.isTorn = true;
      await this.handle.appendFile(text);
      await this.handle.datasync();
      this.isTorn = false;
      this.wholeBytes += Buffer.byteLength(text);
      this.lines.push(...lines);
      for (const { resolve } of batch) resolve();
    } catch (cause) {
      const error = journalError('write', this.file, cause);
      if (isWithoutRoom(cause)) await this.cutTornTail().catch(() => undefined);
      else this.failure ??= error;
      for (const { reject } of batch) reject(this.failure ?? error);
    }
  }

  /** What was refused must not be there after a crash: a refused order would be carried out then. */
  private async cutTornTail(): Promise<void> {
    if (!this.isTorn) return;
    await this.handle.truncate(this.wholeBytes);
    await this.handle.datasync();
    this.isTorn = false;
  }

  private async rewrite(keep: (entry: JournalEntry) => boolean): Promise<void> {
    if (this.failure !== null) throw this.failure;
    const kept = this.lines.filter((line) => keep(line.entry));
    if (kept.length === this.lines.length) return;
    // Each line is a write of its own here: the whole file is synced before it takes the old one's place.
    const start = this.nextSequence();
    const lines = kept.map(({ entry }, index) => ({ sequence: start + index, batchStart: start + index, entry }));
    const text = headerLine() + lines.map(encodeLine).join('');
    try {
      await writeFileAtomic(this.file, text, { mode: 0o600, fsync: true });
    } catch (cause) {
      // The old file is still in its place.
      throw journalError('compact', this.file, cause);
    }
    await this.reopen();
    this.lines = lines;
    this.wholeBytes = Buffer.byteLength(text);
    this.isTorn = false;
  }

  /** Goes on with the file that has taken the place of the old one. */
  private async reopen(): Promise<void> {
    try {
      await syncDirectory(this.file);
      const before = this.handle;
      this.handle = await open(this.file, 'a', 0o600);
      await before.close();
    } catch (cause) {
      this.failure = journalError('compact', this.file, cause);
      throw this.failure;
    }
  }

  private nextSequence(): number {
    return (this.lines.at(-1)?.sequence ?? 0) + 1;
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

const ROOM = new Set(['ENOSPC', 'EDQUOT']);

const isWithoutRoom = (cause: unknown): boolean => ROOM.has((cause as NodeJS.ErrnoException | undefined)?.code ?? '');

const ROOM_HINT = 'Free room on the disk of the state directory: the agent goes on by itself. What runs is served on.';

function journalError(stage: string, path: string, cause: unknown): BlosmError {
  const hint = isWithoutRoom(cause) ? { hint: ROOM_HINT } : {};
  return new BlosmError('BLOSM_E_JOURNAL', `cannot ${stage} ${path}: ${String(cause)}`, { stage, cause, ...hint });
}

async function attempt<T>(stage: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw cause instanceof BlosmError ? cause : journalError(stage, path, cause);
  }
}

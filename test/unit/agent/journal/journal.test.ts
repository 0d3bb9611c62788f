import { appendFile, mkdtemp, open, readdir, readFile, rm, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import writeFileAtomic from 'write-file-atomic';
import { openJournal } from '../../../../agent/adapters/journal';
import { headerLine, JOURNAL_VERSION } from '../../../../agent/adapters/journal/header';
import { encodeLine } from '../../../../agent/adapters/journal/line';
import { scanJournal } from '../../../../agent/adapters/journal/scan';
import type { JournalEntry } from '../../../../agent/ports/journal';

jest.mock('write-file-atomic', () => jest.fn(jest.requireActual<typeof writeFileAtomic>('write-file-atomic')));

// Every append is synced to a disk that others use too.
jest.setTimeout(60_000);

let directory: string;
const file = () => join(directory, 'journal.ndjson');

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'blosm-journal-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const entry = (name: string, detail: unknown = { n: 1 }): JournalEntry => ({
  atMs: 1_700_000_000_000,
  instanceId: 'ins-1',
  migrationId: 'mig-1',
  kind: 'step-done',
  name,
  detail,
});

const fill = async (...entries: JournalEntry[]) => {
  const journal = await openJournal(directory);
  for (const one of entries) await journal.append(one);
  await journal.close();
};

const reopen = async () => {
  const journal = await openJournal(directory);
  const entries = await journal.readAll();
  await journal.close();
  return { entries, droppedBytes: journal.droppedBytes };
};

/** Where the first entry ends: after the header. */
const endOfFirst = (content: Buffer): number => content.indexOf(0x0a, content.indexOf(0x0a) + 1) + 1;

test('what was appended is read back after a reopening, in order', async () => {
  await fill(entry('stop'), entry('commit', null), entry('push', ['ä', '\n', { a: '\u2028' }]));
  const { entries, droppedBytes } = await reopen();
  expect(entries).toEqual([entry('stop'), entry('commit', null), entry('push', ['ä', '\n', { a: '\u2028' }])]);
  expect(droppedBytes).toBe(0);
});

test('any JSON value survives as detail', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.jsonValue(), { minLength: 1, maxLength: 5 }), async (details) => {
      await rm(file(), { force: true });
      await fill(...details.map((detail, i) => entry(`s${i}`, detail)));
      const { entries } = await reopen();
      // Through JSON, because it has no -0.
      expect(entries.map((e) => e.detail)).toEqual(JSON.parse(JSON.stringify(details)));
    }),
    { numRuns: 30 },
  );
});

test('a last line torn at any byte is dropped and what is whole stays', async () => {
  await fill(entry('stop'), entry('commit'));
  const whole = await readFile(file());
  const firstLength = endOfFirst(whole);
  for (let length = firstLength; length < whole.length; length += 1) {
    const { lines, wholeBytes } = scanJournal(whole.subarray(0, length), 'journal');
    expect(lines.map((line) => line.entry)).toEqual([entry('stop')]);
    expect(wholeBytes).toBe(firstLength);
  }
});

test.each([1, 20, 60])('a journal whose last line was torn after %d bytes reports it and goes on', async (torn) => {
  await fill(entry('stop'), entry('commit'));
  const whole = await readFile(file());
  const firstLength = endOfFirst(whole);
  await writeFile(file(), whole.subarray(0, firstLength + torn));
  const journal = await openJournal(directory);
  expect(journal.droppedBytes).toBe(torn);
  await journal.append(entry('push'));
  await journal.close();
  expect(await reopen()).toEqual({ entries: [entry('stop'), entry('push')], droppedBytes: 0 });
});

test('a byte changed anywhere in an acknowledged line is an error, never a silent loss', async () => {
  await fill(entry('stop'), entry('commit'), entry('push'));
  const whole = await readFile(file());
  const end = whole.lastIndexOf(0x0a, whole.length - 2);
  for (let at = 0; at < end; at += 1) {
    const damaged = Buffer.from(whole);
    damaged[at] = (damaged[at] ?? 0) ^ 0x01;
    expect(() => scanJournal(damaged, 'journal')).toThrow(
      expect.objectContaining({ code: 'BLOSM_E_JOURNAL', stage: 'read' }) as Error,
    );
  }
  whole[end - 10] = 0;
  await writeFile(file(), whole);
  await expect(openJournal(directory)).rejects.toMatchObject({ code: 'BLOSM_E_JOURNAL', stage: 'read' });
});

test('a hole inside the last write drops that write from the hole on', async () => {
  const line = (sequence: number, batchStart: number) =>
    encodeLine({ sequence, batchStart, entry: entry(`s${sequence}`) });
  const second = Buffer.from(line(1, 1));
  second.fill(0, 10, 40);
  await writeFile(file(), Buffer.concat([Buffer.from(line(0, 0)), second, Buffer.from(line(2, 1))]));
  const { entries, droppedBytes } = await reopen();
  expect(entries.map((e) => e.name)).toEqual(['s0']);
  expect(droppedBytes).toBeGreaterThan(0);
  expect((await stat(file())).size).toBe(line(0, 0).length);
});

test('a missing line between whole ones is an error', async () => {
  const line = (sequence: number) => encodeLine({ sequence, batchStart: sequence, entry: entry(`s${sequence}`) });
  await writeFile(file(), line(0) + line(2));
  await expect(openJournal(directory)).rejects.toMatchObject({ code: 'BLOSM_E_JOURNAL' });
});

test('concurrent appends are all kept, in the order of the calls', async () => {
  const journal = await openJournal(directory);
  const names = Array.from({ length: 200 }, (_, i) => `s${i}`);
  await Promise.all(names.map((name) => journal.append(entry(name))));
  await journal.close();
  expect((await reopen()).entries.map((e) => e.name)).toEqual(names);
});

test('compaction drops what the caller lets go and keeps what is appended meanwhile', async () => {
  const journal = await openJournal(directory);
  await Promise.all(['a', 'b', 'c'].map((name) => journal.append(entry(name))));
  const compacted = journal.compact((e) => e.name !== 'b');
  const appended = journal.append(entry('d'));
  await Promise.all([compacted, appended]);
  expect((await journal.readAll()).map((e) => e.name)).toEqual(['a', 'c', 'd']);
  await journal.close();
  expect((await reopen()).entries.map((e) => e.name)).toEqual(['a', 'c', 'd']);
});

test('damage to a compacted line is an error too', async () => {
  const journal = await openJournal(directory);
  await Promise.all(['a', 'b', 'c'].map((name) => journal.append(entry(name))));
  await journal.compact((e) => e.name !== 'a');
  await journal.close();
  const content = await readFile(file());
  content[30] = (content[30] ?? 0) ^ 0x01;
  await writeFile(file(), content);
  await expect(openJournal(directory)).rejects.toMatchObject({ code: 'BLOSM_E_JOURNAL' });
});

test('a second agent on the same directory is refused until the first closes', async () => {
  const first = await openJournal(directory);
  await expect(openJournal(directory)).rejects.toMatchObject({ code: 'BLOSM_E_AGENT_RUNNING' });
  await first.append(entry('still-works'));
  await first.close();
  const second = await openJournal(directory);
  expect(await second.readAll()).toHaveLength(1);
  await second.close();
});

test('of many that open at once exactly one gets it, also over a stale lock', async () => {
  for (let round = 0; round < 10; round += 1) {
    await writeFile(join(directory, 'agent.lock'), '4194999 some-other-boot/1');
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => openJournal(directory)));
    const opened = outcomes.flatMap((o) => (o.status === 'fulfilled' ? [o.value] : []));
    expect(opened).toHaveLength(1);
    await opened[0]!.close();
  }
});

test('a lock of an earlier process with a living pid is stale', async () => {
  await writeFile(join(directory, 'agent.lock'), `${process.pid} an-earlier-boot/12345`);
  const journal = await openJournal(directory);
  await journal.close();
});

test('nothing is appended after close, and a directory that cannot be made is a journal error', async () => {
  const journal = await openJournal(directory);
  await journal.close();
  await expect(journal.append(entry('late'))).rejects.toMatchObject({ code: 'BLOSM_E_JOURNAL' });
  await expect(journal.compact(() => true)).rejects.toMatchObject({ code: 'BLOSM_E_JOURNAL' });
  await writeFile(join(directory, 'plain'), '');
  await expect(openJournal(join(directory, 'plain', 'below'))).rejects.toMatchObject({ code: 'BLOSM_E_JOURNAL' });
});

describe('the version of the file', () => {
  it('is its first line, also after a compaction', async () => {
    await fill(entry('stop'), entry('commit'));
    expect((await readFile(file(), 'utf8')).split('\n')[0]).toBe(headerLine().trimEnd());
    const journal = await openJournal(directory);
    await journal.compact((e) => e.name === 'commit');
    await journal.close();
    expect(await readFile(file(), 'utf8')).toMatch(
      new RegExp(`"journal":{"version":${JOURNAL_VERSION}}}\\n.*"commit"`),
    );
  });

  it('that is older is read and gone on with; the next compaction raises it', async () => {
    const old = ['stop', 'commit'].map((name, at) => encodeLine({ sequence: at, batchStart: at, entry: entry(name) }));
    await writeFile(file(), old.join(''));
    await fill(entry('push'));
    expect((await reopen()).entries.map((e) => e.name)).toEqual(['stop', 'commit', 'push']);
    expect(await readFile(file(), 'utf8')).not.toContain('"journal"');
    const journal = await openJournal(directory);
    await journal.compact((e) => e.name !== 'stop');
    await journal.close();
    expect((await readFile(file(), 'utf8')).startsWith(headerLine())).toBe(true);
    expect((await reopen()).entries.map((e) => e.name)).toEqual(['commit', 'push']);
  });

  it('that is newer is refused with what to do, and the file stays as it is', async () => {
    const newer = headerLine(JOURNAL_VERSION + 1) + '{"crc":"00000000","what":"nobody knows yet"}\n';
    await writeFile(file(), newer);
    await expect(openJournal(directory)).rejects.toMatchObject({
      code: 'BLOSM_E_JOURNAL',
      message: expect.stringContaining(`journal version ${JOURNAL_VERSION + 1}; this one reads up to`) as string,
      hint: expect.stringContaining('Start that release again') as string,
    });
    expect(await readFile(file(), 'utf8')).toBe(newer);
  });
});

describe('a disk without room', () => {
  const noRoom = () => Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });

  it('refuses the entry, keeps nothing of it, and goes on once there is room', async () => {
    const journal = await openJournal(directory);
    await journal.append(entry('a'));
    const before = await readFile(file());
    const full = jest.spyOn(await handlePrototype(), 'datasync').mockRejectedValueOnce(noRoom());
    await expect(journal.append(entry('b'))).rejects.toMatchObject({
      code: 'BLOSM_E_JOURNAL',
      stage: 'write',
      hint: expect.stringContaining('goes on by itself') as string,
    });
    full.mockRestore();
    // A crash now must not bring back what was refused.
    expect(await readFile(file())).toEqual(before);
    await journal.append(entry('c'));
    await journal.close();
    expect((await reopen()).entries.map((e) => e.name)).toEqual(['a', 'c']);
  });

  it('cuts what was half written off before it writes again', async () => {
    const journal = await openJournal(directory);
    await journal.append(entry('a'));
    const prototype = await handlePrototype();
    const half = jest.spyOn(prototype, 'appendFile').mockImplementationOnce(async () => {
      await appendFile(file(), '{"crc":"0123');
      throw noRoom();
    });
    const stuck = jest.spyOn(prototype, 'truncate').mockRejectedValueOnce(noRoom());
    await expect(journal.append(entry('b'))).rejects.toMatchObject({ code: 'BLOSM_E_JOURNAL' });
    half.mockRestore();
    stuck.mockRestore();
    await journal.append(entry('c'));
    await journal.close();
    expect(await reopen()).toMatchObject({ droppedBytes: 0 });
    expect((await reopen()).entries.map((e) => e.name)).toEqual(['a', 'c']);
  });

  it('that a compaction finds leaves the old file, and the journal goes on', async () => {
    const journal = await openJournal(directory);
    await journal.append(entry('a'));
    await journal.append(entry('b'));
    jest.mocked(writeFileAtomic).mockRejectedValueOnce(noRoom());
    await expect(journal.compact((e) => e.name === 'b')).rejects.toMatchObject({
      code: 'BLOSM_E_JOURNAL',
      stage: 'compact',
    });
    await journal.append(entry('c'));
    await journal.close();
    expect((await reopen()).entries.map((e) => e.name)).toEqual(['a', 'b', 'c']);
  });
});

describe('a crash while the journal is rewritten', () => {
  it.each([0, 0.3, 1])('with %d of the draft written leaves the old one, and no draft', async (part) => {
    await fill(entry('a'), entry('b'));
    const draft = headerLine() + encodeLine({ sequence: 3, batchStart: 3, entry: entry('b') });
    await writeFile(`${file()}.2815432679`, draft.slice(0, draft.length * part));
    expect((await reopen()).entries.map((e) => e.name)).toEqual(['a', 'b']);
    expect(await readdir(directory)).toEqual(['journal.ndjson']);
  });

  it('after the draft has taken its place leaves the new one', async () => {
    const journal = await openJournal(directory);
    await Promise.all(['a', 'b'].map((name) => journal.append(entry(name))));
    await journal.compact((e) => e.name === 'b');
    // Not closed: the process is gone, its lock and its open file with it.
    await rm(join(directory, 'agent.lock'));
    await fill(entry('c'));
    expect((await reopen()).entries.map((e) => e.name)).toEqual(['b', 'c']);
    await journal.close();
  });
});

const handlePrototype = async (): Promise<FileHandle> => {
  const handle = await open(join(directory, 'any'), 'w');
  await handle.close();
  return Object.getPrototypeOf(handle) as FileHandle;
};

test('an append is acknowledged only after its fsync, and waiting appends share one', async () => {
  const journal = await openJournal(directory);
  let letGo: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const datasync = jest.spyOn(await handlePrototype(), 'datasync').mockImplementation(() => held);
  try {
    const acknowledged: string[] = [];
    const appends = ['a', 'b', 'c', 'd'].map((name) => journal.append(entry(name)).then(() => acknowledged.push(name)));
    while (datasync.mock.calls.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(acknowledged).toEqual([]);
    letGo();
    await Promise.all(appends);
    expect(acknowledged).toEqual(['a', 'b', 'c', 'd']);
    expect(datasync.mock.calls.length).toBeLessThanOrEqual(2);
  } finally {
    datasync.mockRestore();
  }
  await journal.close();
});

test('after a failed fsync nothing more is acknowledged', async () => {
  const journal = await openJournal(directory);
  await journal.append(entry('a'));
  const datasync = jest.spyOn(await handlePrototype(), 'datasync').mockRejectedValueOnce(new Error('EIO'));
  await expect(journal.append(entry('b'))).rejects.toMatchObject({ code: 'BLOSM_E_JOURNAL', stage: 'write' });
  datasync.mockRestore();
  await expect(journal.append(entry('c'))).rejects.toMatchObject({ code: 'BLOSM_E_JOURNAL' });
  await expect(journal.readAll()).rejects.toMatchObject({ code: 'BLOSM_E_JOURNAL' });
  await expect(journal.compact(() => false)).rejects.toMatchObject({ code: 'BLOSM_E_JOURNAL' });
  await journal.close();
});

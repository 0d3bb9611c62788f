import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openJournal } from '../../agent/adapters/journal';
import type { JournalEntry } from '../../agent/ports/journal';
import { runCommand } from '../../network/processes';

jest.setTimeout(120_000);

/** A disk of its own, so small that it is full at once. */
const DISK_BYTES = 256 * 1024;

let disk: string;
beforeEach(async () => {
  disk = mkdtempSync(join(tmpdir(), 'blosm-disk-'));
  await runCommand(['mount', '-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', disk]);
});
afterEach(async () => {
  await runCommand(['umount', disk]);
  rmSync(disk, { recursive: true });
});

const entry = (name: string): JournalEntry => ({
  atMs: 1_700_000_000_000,
  instanceId: 'ins-1',
  migrationId: 'mig-1',
  kind: 'fact',
  name,
  detail: 'x'.repeat(500),
});

it('a journal on a disk that is full refuses, keeps what it has acknowledged, and goes on once there is room', async () => {
  writeFileSync(join(disk, 'filler'), Buffer.alloc(DISK_BYTES - 64 * 1024));
  const journal = await openJournal(disk);
  const acknowledged: string[] = [];
  const refuse = async (): Promise<unknown> => {
    for (let number = 0; ; number += 1) {
      const name = `before-${number}`;
      const failure = await journal.append(entry(name)).catch((error: unknown) => error);
      if (failure !== undefined) return failure;
      acknowledged.push(name);
    }
  };
  expect(await refuse()).toMatchObject({
    code: 'BLOSM_E_JOURNAL',
    stage: 'write',
    message: expect.stringContaining('ENOSPC') as string,
    hint: expect.stringContaining('goes on by itself') as string,
  });
  expect(acknowledged.length).toBeGreaterThan(10);
  await expect(journal.append(entry('still-full'))).rejects.toMatchObject({ code: 'BLOSM_E_JOURNAL' });
  // There is no room for another file either: the old one stays.
  await expect(journal.compact(({ name }) => name !== 'before-0')).rejects.toMatchObject({ code: 'BLOSM_E_JOURNAL' });
  rmSync(join(disk, 'filler'));
  await journal.append(entry('after'));
  await journal.compact(({ name }) => name !== 'before-0');
  await journal.close();
  const again = await openJournal(disk);
  expect(again.droppedBytes).toBe(0);
  expect((await again.readAll()).map(({ name }) => name)).toEqual([...acknowledged.slice(1), 'after']);
  await again.close();
});

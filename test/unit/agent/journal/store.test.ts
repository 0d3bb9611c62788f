import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { openStore } from '../../../../agent/adapters/journal';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'blosm-store-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const Checkpoint = z.strictObject({ nextBlock: z.int() });

test('a value is replaced as a whole and read back', async () => {
  const store = openStore(join(directory, 'below', 'checkpoint.json'), Checkpoint);
  expect(await store.load()).toBeNull();
  await store.save({ nextBlock: 7 });
  await store.save({ nextBlock: 8 });
  expect(await store.load()).toEqual({ nextBlock: 8 });
  expect(await readdir(join(directory, 'below'))).toEqual(['checkpoint.json']);
});

test.each(['', '{"nextBlock":', '{"nextBlock":"x"}', '[]'])('unreadable content %j counts as nothing', async (text) => {
  const file = join(directory, 'checkpoint.json');
  await writeFile(file, text);
  expect(await openStore(file, Checkpoint).load()).toBeNull();
});

test('a place that cannot be written is a journal error', async () => {
  await writeFile(join(directory, 'plain'), '');
  const store = openStore(join(directory, 'plain', 'x.json'), Checkpoint);
  await expect(store.save({ nextBlock: 1 })).rejects.toMatchObject({ code: 'BLOSM_E_JOURNAL' });
});

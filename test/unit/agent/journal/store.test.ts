import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { openStore, readStore } from '../../../../agent/adapters/journal';
import { FakeLog } from '../../../fakes/log';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'blosm-store-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const Checkpoint = z.strictObject({ nextBlock: z.int() });

test('a value is replaced as a whole and read back', async () => {
  const store = openStore(join(directory, 'below', 'checkpoint.json'), Checkpoint, new FakeLog());
  expect(await store.load()).toBeNull();
  await store.save({ nextBlock: 7 });
  await store.save({ nextBlock: 8 });
  expect(await store.load()).toEqual({ nextBlock: 8 });
  expect(await readdir(join(directory, 'below'))).toEqual(['checkpoint.json']);
});

test.each(['', '{"nextBlock":', '{"nextBlock":"x"}', '[]'])('%j is put aside and counts as nothing', async (text) => {
  const file = join(directory, 'checkpoint.json');
  await writeFile(file, text);
  const log = new FakeLog();
  const store = openStore(file, Checkpoint, log);
  expect(await store.load()).toBeNull();
  await store.save({ nextBlock: 1 });
  expect(await readFile(`${file}.damaged`, 'utf8')).toBe(text);
  expect(log.messages('warn')).toEqual(['a file of the agent cannot be read by this release: it was put aside']);
  await expect(readStore(`${file}.damaged`, Checkpoint)).rejects.toThrow();
  expect(await readStore(file, Checkpoint)).toEqual({ nextBlock: 1 });
});

test('a place that cannot be written is a journal error', async () => {
  await writeFile(join(directory, 'plain'), '');
  const store = openStore(join(directory, 'plain', 'x.json'), Checkpoint, new FakeLog());
  await expect(store.save({ nextBlock: 1 })).rejects.toMatchObject({ code: 'BLOSM_E_JOURNAL' });
});

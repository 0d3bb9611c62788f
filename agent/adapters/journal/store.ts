import { mkdir, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import type { z } from 'zod';
import { BlosmError } from '../../../chaincode/src/model';
import type { Store } from '../../ports/journal';
import type { Log } from '../../ports/log';

/**
 * A JSON file that is replaced as a whole (written beside, synced, renamed): a reader sees the old or the new one.
 * `load` gives null for a missing file, and for one that this release cannot read: that is put aside under the name
 * `FILE.damaged`, so that the next `save` does not take it away, and logged.
 */
export function openStore<T>(file: string, schema: z.ZodType<T>, log: Log): Store<T> {
  return {
    load: async () => {
      try {
        return await readStore(file, schema);
      } catch (error) {
        const aside = `${file}.damaged`;
        await rename(file, aside).catch(() => undefined);
        log.warn({ file, aside, error }, 'a file of the agent cannot be read by this release: it was put aside');
        return null;
      }
    },
    save: async (value) => {
      try {
        await mkdir(dirname(file), { recursive: true, mode: 0o700 });
        await writeFileAtomic(file, JSON.stringify(value), { mode: 0o600, fsync: true });
      } catch (cause) {
        throw new BlosmError('BLOSM_E_JOURNAL', `cannot write ${file}: ${String(cause)}`, { stage: 'store', cause });
      }
    },
  };
}

/**
 * What such a file holds, without changing anything; null: there is none.
 * @throws Error when it cannot be read
 */
export async function readStore<T>(file: string, schema: z.ZodType<T>): Promise<T | null> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  });
  return text === null ? null : schema.parse(JSON.parse(text));
}

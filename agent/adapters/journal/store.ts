import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import type { z } from 'zod';
import { BlosmError } from '../../../chaincode/src/model';
import type { Store } from '../../ports/journal';

/**
 * A JSON file that is replaced as a whole (written beside, synced, renamed): a reader sees the old or the new one.
 * `load` gives null for a missing or unreadable file: what it holds can be found again elsewhere.
 */
export function openStore<T>(file: string, schema: z.ZodType<T>): Store<T> {
  return {
    load: async () => {
      try {
        const parsed = schema.safeParse(JSON.parse(await readFile(file, 'utf8')));
        return parsed.success ? parsed.data : null;
      } catch {
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

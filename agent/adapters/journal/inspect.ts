import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JournalLook } from '../../domain/doctor/machine';
import type { JournalEntry } from '../../ports/journal';
import { JOURNAL_FILE } from './journal';
import { scanJournal, type Scan } from './scan';

/** Reads the journal of a state directory beside the agent that may be writing it, and changes nothing. Null: none. */
export async function inspectJournal(directory: string): Promise<JournalLook | null> {
  try {
    const found = await scan(directory);
    return found === null ? null : { entries: found.lines.length, tornBytes: found.sizeBytes - found.wholeBytes };
  } catch (error) {
    return { failure: error instanceof Error ? error.message.replace(/^BLOSM_E_\w+: /, '') : String(error) };
  }
}

/**
 * The newest entries of a journal, read in the same way.
 * @throws BlosmError BLOSM_E_JOURNAL for one that is damaged, Error of the file system for one that cannot be read
 */
export async function readJournalTail(directory: string, count: number): Promise<readonly JournalEntry[]> {
  return (await scan(directory))?.lines.slice(-count).map(({ entry }) => entry) ?? [];
}

async function scan(directory: string): Promise<(Scan & { readonly sizeBytes: number }) | null> {
  const file = join(directory, JOURNAL_FILE);
  try {
    const content = await readFile(file);
    return { ...scanJournal(content, file), sizeBytes: content.length };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JournalLook } from '../../domain/doctor/machine';
import { JOURNAL_FILE } from './journal';
import { scanJournal } from './scan';

/** Reads the journal of a state directory beside the agent that may be writing it, and changes nothing. Null: none. */
export async function inspectJournal(directory: string): Promise<JournalLook | null> {
  const file = join(directory, JOURNAL_FILE);
  try {
    const content = await readFile(file);
    const { lines, wholeBytes } = scanJournal(content, file);
    return { entries: lines.length, tornBytes: content.length - wholeBytes };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}

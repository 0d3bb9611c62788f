import { z } from 'zod';
import type { JournalEntry } from '../../ports/journal';
import { checkedLine, checkedText } from './checksum';

/**
 * One line of the journal: `{"crc":"89abcdef","at":"12:10","entry":{...}}`. `at` is the entry's number and the number of
 * the first entry that was written together with it.
 */
export interface JournalLine {
  readonly sequence: number;
  /** Everything from this number on was not acknowledged before this line was on the disk. */
  readonly batchStart: number;
  readonly entry: JournalEntry;
}

const Body = z.object({
  at: z.string().regex(/^\d+:\d+$/),
  entry: z.object({
    atMs: z.number(),
    instanceId: z.string(),
    migrationId: z.string(),
    kind: z.enum(['step-begun', 'step-done', 'step-failed', 'fact']),
    name: z.string(),
    detail: z.unknown(),
  }),
});

/** The line with its end of line. `undefined` as detail is written as null: JSON has nothing else. */
export function encodeLine({ sequence, batchStart, entry }: JournalLine): string {
  const kept = { ...entry, detail: entry.detail ?? null };
  return checkedLine(`"at":"${sequence}:${batchStart}","entry":${JSON.stringify(kept)}`);
}

/** Reads a line without its end of line; undefined when a single byte of it is not what was written. */
export function decodeLine(line: Buffer): JournalLine | undefined {
  const parsed = Body.safeParse(checkedText(line));
  if (!parsed.success) return undefined;
  const [sequence, batchStart] = parsed.data.at.split(':').map(Number);
  return { sequence: sequence ?? 0, batchStart: batchStart ?? 0, entry: parsed.data.entry };
}

import { crc32 } from 'node:zlib';
import { z } from 'zod';
import type { JournalEntry } from '../../ports/journal';

/**
 * One line of the journal: `{"crc":"89abcdef","at":"12:10","entry":{...}}`. The CRC covers the exact bytes after it;
 * `at` is the entry's number and the number of the first entry that was written together with it.
 */
export interface JournalLine {
  readonly sequence: number;
  /** Everything from this number on was not acknowledged before this line was on the disk. */
  readonly batchStart: number;
  readonly entry: JournalEntry;
}

const PREFIX = '{"crc":"';
const CRC_DIGITS = 8;
const BODY_OFFSET = PREFIX.length + CRC_DIGITS;

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

const checksum = (body: string): string => crc32(body).toString(16).padStart(CRC_DIGITS, '0');

/** The line with its end of line. `undefined` as detail is written as null: JSON has nothing else. */
export function encodeLine({ sequence, batchStart, entry }: JournalLine): string {
  const kept = { ...entry, detail: entry.detail ?? null };
  const body = `","at":"${sequence}:${batchStart}","entry":${JSON.stringify(kept)}}`;
  return `${PREFIX}${checksum(body)}${body}\n`;
}

/** Reads a line without its end of line; undefined when a single byte of it is not what was written. */
export function decodeLine(line: Buffer): JournalLine | undefined {
  const text = line.toString('utf8');
  const body = text.slice(BODY_OFFSET);
  if (!text.startsWith(PREFIX) || text.slice(PREFIX.length, BODY_OFFSET) !== checksum(body)) return undefined;
  const parsed = Body.safeParse(parseJson(text));
  if (!parsed.success) return undefined;
  const [sequence, batchStart] = parsed.data.at.split(':').map(Number);
  return { sequence: sequence ?? 0, batchStart: batchStart ?? 0, entry: parsed.data.entry };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

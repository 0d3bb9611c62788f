import { BlosmError } from '../../../chaincode/src/model';
import { readHeader } from './header';
import { decodeLine, type JournalLine } from './line';

const NEWLINE = 0x0a;

export interface Scan {
  readonly lines: readonly JournalLine[];
  /** False: an earlier release has written the file, or nobody yet. */
  readonly hasHeader: boolean;
  /** So many bytes from the start are whole; what follows was never acknowledged. */
  readonly wholeBytes: number;
}

/**
 * Reads what a journal's file holds. A crash can tear the last write only, and in any place: several lines are written
 * together, and the disk may have kept a later one of them without an earlier one. Everything from the first damaged
 * line is dropped when it all belongs to that last write; damage before it was acknowledged, so that is an error.
 * @throws BlosmError BLOSM_E_JOURNAL for damage to what had been acknowledged, and for a newer release's file
 */
export function scanJournal(content: Buffer, file: string): Scan {
  const lines: JournalLine[] = [];
  const headerBytes = headerOf(content, file);
  let offset = headerBytes;
  while (offset < content.length) {
    const end = content.indexOf(NEWLINE, offset);
    const line = end < 0 ? undefined : decodeLine(content.subarray(offset, end));
    if (line === undefined || !follows(lines.at(-1), line)) {
      requireTornTail(content.subarray(offset), lines.at(-1), file);
      break;
    }
    lines.push(line);
    offset = end + 1;
  }
  return { lines, hasHeader: headerBytes > 0, wholeBytes: offset };
}

/** How many bytes of the file are its header. */
function headerOf(content: Buffer, file: string): number {
  const end = content.indexOf(NEWLINE);
  return end >= 0 && readHeader(content.subarray(0, end), file) !== undefined ? end + 1 : 0;
}

const follows = (before: JournalLine | undefined, line: JournalLine): boolean =>
  before === undefined || line.sequence === before.sequence + 1;

function requireTornTail(rest: Buffer, before: JournalLine | undefined, file: string): void {
  const lost = (before?.sequence ?? -1) + 1;
  for (const later of wholeLines(rest)) {
    if (later.batchStart > lost) {
      throw new BlosmError('BLOSM_E_JOURNAL', `${file} is damaged at entry ${lost}, before entry ${later.sequence}`, {
        stage: 'read',
        hint: 'The disk lost what it had acknowledged. Move the file away; the agent then starts from the ledger alone.',
      });
    }
  }
}

function wholeLines(content: Buffer): JournalLine[] {
  const found: JournalLine[] = [];
  let offset = 0;
  for (;;) {
    const end = content.indexOf(NEWLINE, offset);
    if (end < 0) return found;
    const line = decodeLine(content.subarray(offset, end));
    if (line !== undefined) found.push(line);
    offset = end + 1;
  }
}

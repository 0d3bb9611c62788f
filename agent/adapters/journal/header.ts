import { z } from 'zod';
import { BlosmError } from '../../../chaincode/src/model';
import { checkedText, checkedLine } from './checksum';

/** The version of the file that this release writes. 1: release 0.1, whose files have no header. */
export const JOURNAL_VERSION = 2;

const Header = z.object({ journal: z.object({ version: z.int().min(2) }) });

/** The first line of a journal. It counts as entry 0, so that it cannot be lost without a trace. */
export const headerLine = (version = JOURNAL_VERSION): string =>
  checkedLine(`"journal":${JSON.stringify({ version })}`);

/**
 * The version that the first line names; undefined: it is no header.
 * @throws BlosmError BLOSM_E_JOURNAL when a newer release has written the file
 */
export function readHeader(line: Buffer, file: string): number | undefined {
  const parsed = Header.safeParse(checkedText(line));
  if (!parsed.success) return undefined;
  const { version } = parsed.data.journal;
  if (version <= JOURNAL_VERSION) return version;
  throw new BlosmError(
    'BLOSM_E_JOURNAL',
    `${file} was written by a newer release (journal version ${version}; this one reads up to ${JOURNAL_VERSION})`,
    {
      stage: 'read',
      hint: 'Start that release again. To go back, let it end its migrations, stop it, and move the file away.',
    },
  );
}

import { resolve } from 'node:path';
import { BlosmError } from '../../../chaincode/src/model/errors';
import type { Cli } from '../io';
import { print } from '../output/print';
import { bytes } from '../output/quantities';
import { table } from '../output/table';
import { refuseInterrupted } from '../refuse-interrupted';
import { writeArchive } from '../support/archive';
import { gatherPieces, type Piece } from '../support/pieces';
import type { Invocation } from './handler';

interface BundleOptions {
  readonly file?: string;
}

/** `blosm support-bundle` */
export async function supportBundle(cli: Cli, { options }: Invocation<BundleOptions>): Promise<undefined> {
  const folder = `blosm-support-${stampOf(cli.io.nowMs())}`;
  const file = resolve(cli.io.cwd, options.file ?? `${folder}.tar.gz`);
  const pieces = await gatherPieces(cli);
  refuseInterrupted(cli, 'the gathering');
  const contents = pieces.map(describePiece);
  const files = pieces.flatMap((piece) => ('text' in piece ? [piece] : []));
  await write(file, folder, [...files, { name: 'CONTENTS.txt', text: textOf(contents) }]);
  await print(cli, {
    kind: 'SupportBundle',
    fields: { file, contents },
    text: () => `${textOf(contents)}\n${file}\nLook through it before you hand it on: tar -xzf ${file}\n`,
  });
}

interface Content {
  readonly name: string;
  /** Null: it is not in the bundle. */
  readonly sizeBytes: number | null;
  readonly what: string;
}

const describePiece = (piece: Piece): Content =>
  'text' in piece
    ? { name: piece.name, sizeBytes: Buffer.byteLength(piece.text), what: piece.what }
    : { name: piece.name, sizeBytes: null, what: `${piece.what}: left out, ${piece.why}` };

const textOf = (contents: readonly Content[]): string =>
  table(
    ['FILE', 'SIZE', 'WHAT'],
    contents.map(({ name, sizeBytes, what }) => [name, sizeBytes === null ? '-' : bytes(sizeBytes), what]),
  );

/** E.g. `20260131T120000Z`. */
const stampOf = (atMs: number): string => new Date(atMs).toISOString().replaceAll(/[-:]|\.\d+/g, '');

async function write(...args: Parameters<typeof writeArchive>): Promise<void> {
  try {
    await writeArchive(...args);
  } catch (cause) {
    throw new BlosmError('BLOSM_E_INVALID_ARGUMENT', `cannot write ${args[0]}: ${String(cause)}`, {
      stage: 'bundle',
      cause,
      hint: 'Name another file with --file FILE; one that is there is not replaced.',
    });
  }
}

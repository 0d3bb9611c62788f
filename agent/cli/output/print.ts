import type { Cli } from '../io';

export const API_VERSION = 'blosm/v1';

/** One result, in the form that machines read and in the one that people do. */
export interface Result {
  /** E.g. `Migration`, `ServiceList`. */
  readonly kind: string;
  /** A list's fields are `items`. */
  readonly fields: object;
  readonly text: () => string;
}

/** Writes a result to standard output as `--output` says. */
export async function print({ io, options }: Cli, { kind, fields, text }: Result): Promise<void> {
  if (options.output === 'table') {
    io.stdout.write(plain(text()));
    return;
  }
  const document = { apiVersion: API_VERSION, kind, ...fields };
  if (options.output === 'json') {
    io.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    return;
  }
  const { stringify } = await import('yaml');
  io.stdout.write(stringify(document, { aliasDuplicateObjects: false }));
}

/** What other nodes wrote must not steer the terminal: no control characters but the end of a line. */
export const plain = (text: string): string => text.replaceAll(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, '?');

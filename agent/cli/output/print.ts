import { PROTOCOLS } from '../../config/version';
import type { Cli } from '../io';
import type { OutputFormat } from './formats';
import { itemKind, itemsOf, nameOf, type Result } from './result';

export type { Result } from './result';

/** Writes a result to standard output as `--output` says. */
export async function print({ io, options }: Cli, result: Result): Promise<void> {
  io.stdout.write(await FORMATTERS[options.output](result));
}

const FORMATTERS: Readonly<Record<OutputFormat, (result: Result) => string | Promise<string>>> = {
  table: ({ text }) => plain(text()),
  wide: ({ text, wide = text }) => plain(wide()),
  json: (result) => `${json(documentOf(result), 2)}\n`,
  yaml: yamlOf,
  name: (result) =>
    namesOf(result)
      .map((name) => `${plain(name)}\n`)
      .join(''),
  ndjson: (result) =>
    linesOf(result)
      .map((line) => `${json(line)}\n`)
      .join(''),
};

/** The document of json and yaml. */
export const documentOf = ({ kind, fields }: Result): object => ({ apiVersion: PROTOCOLS.documents, kind, ...fields });

async function yamlOf(result: Result): Promise<string> {
  const { stringify } = await import('yaml');
  return plain(stringify(documentOf(result), { aliasDuplicateObjects: false }));
}

function namesOf(result: Result): readonly string[] {
  if (result.names !== undefined) return result.names();
  const items = itemsOf(result);
  return items === undefined
    ? [nameOf(result.kind, result.fields)]
    : items.map((item) => nameOf(itemKind(result.kind), item));
}

function linesOf(result: Result): readonly object[] {
  const lines = result.lines ?? itemsOf(result);
  if (lines === undefined) return [documentOf(result)];
  return lines.map((fields) => documentOf({ ...result, kind: itemKind(result.kind), fields }));
}

/** What other nodes wrote must not steer the terminal: no control characters but the end of a line. */
export const plain = (text: string): string => text.replaceAll(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, '?');

/** JSON escapes the first 32 control characters by itself; a terminal obeys others too. */
const json = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replaceAll(
    /[\u007f-\u009f]/g,
    (found) => `\\u00${found.charCodeAt(0).toString(16)}`,
  );

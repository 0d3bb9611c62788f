import type { Cli } from '../io';
import { isForPeople } from './formats';
import { plain, print, type Result } from './print';
import { itemKind, itemsOf, nameOf } from './result';

/** Where a result that changes is shown. */
export interface Screen {
  show(result: Result): Promise<void>;
}

/** A terminal is redrawn; a file, a pipe and a program get what has changed. */
export function screenFor(cli: Cli): Screen {
  return isForPeople(cli.options.output) && cli.io.stdout.isTty ? redrawn(cli) : appended(cli);
}

const HOME_AND_CLEAR = '\u001b[H\u001b[2J\u001b[3J';

function redrawn({ io, options }: Cli): Screen {
  let shown = '';
  return {
    show: ({ text, wide = text }) => {
      const drawn = plain(options.output === 'wide' ? wide() : text());
      // In one piece, so that nothing flickers.
      if (drawn !== shown) io.stdout.write(`${HOME_AND_CLEAR}${drawn}`);
      shown = drawn;
      return Promise.resolve();
    },
  };
}

function appended(cli: Cli): Screen {
  const changesOf = compare();
  let isFirst = true;
  return {
    show: async (result) => {
      const changes = changesOf(result);
      if (!isForPeople(cli.options.output)) await appendDocuments(cli, changes);
      else if (isFirst && result.brief === undefined) await print(cli, result);
      else cli.io.stdout.write(plain(linesOf(result, changes)));
      isFirst = false;
    },
  };
}

/** What is new or different since the last time, and what has gone since. */
interface Changes {
  readonly changed: readonly Result[];
  readonly gone: readonly Result[];
}

function compare(): (result: Result) => Changes {
  let before = new Map<string, { readonly print: string; readonly part: Result }>();
  return (result) => {
    const now = new Map(
      partsOf(result).map((part) => [nameOf(part.kind, part.fields), { print: fingerprint(part), part }]),
    );
    const changed = [...now].filter(([name, { print: text }]) => before.get(name)?.print !== text);
    const gone = [...before].filter(([name]) => !now.has(name));
    before = now;
    return { changed: changed.map(([, { part }]) => part), gone: gone.map(([, { part }]) => part) };
  };
}

/** Each item of a list by itself. */
function partsOf(result: Result): readonly Result[] {
  const kind = itemKind(result.kind);
  return itemsOf(result)?.map((fields) => ({ kind, fields, text: () => '' })) ?? [result];
}

/** The agent's clock goes on: that alone is no change. */
const fingerprint = ({ fields }: Result): string => JSON.stringify({ ...fields, nowMs: undefined });

async function appendDocuments(cli: Cli, { changed, gone }: Changes): Promise<void> {
  const { output } = cli.options;
  const ended = output === 'name' ? [] : gone.map((part) => ({ ...part, fields: { ...part.fields, gone: true } }));
  for (const part of [...changed, ...ended]) {
    if (output === 'yaml') cli.io.stdout.write('---\n');
    await print(cli, part);
  }
}

function linesOf({ kind, text, brief, rows }: Result, { changed, gone }: Changes): string {
  const left = gone.map((part) => `${nameOf(itemKind(kind), part.fields)}  gone\n`).join('');
  if (changed.length === 0) return left;
  if (rows !== undefined) return `${withoutHeadings(rows(changed.map(({ fields }) => fields)))}${left}`;
  return brief === undefined ? text() : `${brief()}\n`;
}

const withoutHeadings = (table: string): string => table.slice(table.indexOf('\n') + 1);

import type { Examination } from '../../app/doctor';
import type { FindingState } from '../../domain/doctor/finding';
import type { Cli } from '../io';
import { paintFor, type Paint } from '../output/paint';

const STYLES = { ok: 'dim', skip: 'dim', warn: 'yellow', fail: 'red' } as const satisfies Record<
  FindingState,
  Parameters<Paint>[0]
>;
const WIDTHS = { state: 4, check: 13 };

/** A line for each finding, below it what to do about it, and a count at the end. */
export function doctorText(cli: Cli, { results }: Examination): string {
  const paint = paintFor(cli, cli.io.stdout);
  const lines = results.flatMap(({ state, check, about, seen, mend, doc }) => [
    `${paint(STYLES[state], state.padEnd(WIDTHS.state))}  ${check.padEnd(WIDTHS.check)}  ${about === '' ? '' : `${about}: `}${seen}\n`,
    ...(mend === '' ? [] : [`${' '.repeat(WIDTHS.state + WIDTHS.check + 4)}-> ${mend} (${doc})\n`]),
  ]);
  return [...lines, `${countOf(results.map(({ state }) => state))}\n`].join('');
}

const countOf = (states: readonly FindingState[]): string =>
  (['fail', 'warn', 'skip', 'ok'] as const)
    .map((state) => `${states.filter((each) => each === state).length} ${state}`)
    .join(', ');

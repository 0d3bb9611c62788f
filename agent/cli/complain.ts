import { BlosmError } from '../../chaincode/src/model/errors';
import { EXIT_CODE_OF, type ExitCode } from './exit-codes';
import type { Cli } from './io';
import { paintFor } from './output/paint';
import { plain } from './output/print';

/** Says what went wrong and what to do next, in two lines on standard error. @returns the exit code */
export function complain(cli: Cli, error: unknown): ExitCode {
  const { stderr } = cli.io;
  const paint = paintFor(cli, stderr);
  const known = toBlosmError(error);
  const message = known.message.startsWith(`${known.code}: `)
    ? known.message.slice(known.code.length + 2)
    : known.message;
  stderr.write(`${paint('red', 'error:')} ${plain(message)} (${known.code}, stage ${known.stage})\n`);
  stderr.write(`${paint('bold', 'hint:')}  ${plain(known.hint)}\n`);
  if (cli.options.verbose === true) stderr.write(`${stackOf(error)}\n`);
  return EXIT_CODE_OF[known.code];
}

function toBlosmError(error: unknown): BlosmError {
  if (error instanceof BlosmError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new BlosmError('BLOSM_E_INTERNAL', message, {
    cause: error,
    hint: 'A defect in BloSM: please report it with the output of the same command and --verbose.',
  });
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by: ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}

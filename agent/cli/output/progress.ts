import type { Cli } from '../io';
import { plain } from './print';

/** One line on the terminal that says how far something is, written over and over. */
export interface Progress {
  show(line: string): void;
  /** Takes the line away; harmless when there is none. */
  end(): void;
}

const CLEAR_LINE = '\r\u001b[K';

/** Progress on standard error; silent where no terminal shows it, in CI, with --no-progress and with --quiet. */
export function startProgress(cli: Cli): Progress {
  if (!isShown(cli)) return { show: () => undefined, end: () => undefined };
  const { stderr } = cli.io;
  let isThere = false;
  return {
    show: (line) => {
      stderr.write(`${CLEAR_LINE}${plain(line)}`);
      isThere = true;
    },
    end: () => {
      if (isThere) stderr.write(CLEAR_LINE);
      isThere = false;
    },
  };
}

function isShown({ io, options }: Cli): boolean {
  if (options.progress === false || options.quiet === true || options.verbose === true) return false;
  const ci = io.env['CI'] ?? '';
  return io.stderr.isTty && (ci === '' || ci === 'false') && io.env['TERM'] !== 'dumb';
}

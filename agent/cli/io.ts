import type { Log } from '../ports/log';
import type { OutputFormat } from './output/formats';

/** One of the two output streams. */
export interface Output {
  write(text: string): void;
  readonly isTty: boolean;
}

/** Everything that the command line sees of the outside; tests give their own. */
export interface CliIo {
  /** Results only. */
  readonly stdout: Output;
  /** Errors, notes, progress. */
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Working directory. */
  readonly cwd: string;
  nowMs(): number;
  /** Fires when the user interrupts. */
  readonly signal: AbortSignal;
}

/** The options that every command takes. */
export interface GlobalOptions {
  readonly config?: string;
  readonly agent?: string;
  /** Files in PEM, for an agent that is reached over TCP. */
  readonly agentCert?: string;
  readonly agentKey?: string;
  readonly agentCa?: string;
  readonly output: OutputFormat;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly color: boolean;
  /** False: no progress, even on a terminal. */
  readonly progress?: boolean;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly yes?: boolean;
}

/** What a command's code gets. */
export interface Cli {
  readonly io: CliIo;
  readonly options: GlobalOptions;
}

/** A line for people about what goes on; silent with --quiet. */
export function note(cli: Cli, line: string): void {
  if (cli.options.quiet !== true) cli.io.stderr.write(`${line}\n`);
}

/** The log of what a command uses, for --verbose only. */
export function verboseLog(cli: Cli): Log {
  const write = (fields: Readonly<Record<string, unknown>>, message: string): void => {
    if (cli.options.verbose === true) cli.io.stderr.write(`${message} ${JSON.stringify(fields)}\n`);
  };
  return { debug: () => undefined, info: write, warn: write, error: write };
}

import type { Command } from 'commander';
import type { ExitCode } from '../exit-codes';
import type { Cli } from '../io';

/** What a command line gave: arguments in order, options by name. */
export interface Invocation<O = object> {
  readonly args: readonly string[];
  readonly options: O;
  /** The tree of all commands, when it was the command line that called. */
  readonly program?: Command;
}

/** A command's code. Nothing returned means 0; errors are thrown and become an exit code by their own code. */
export type Handler<O = object> = (cli: Cli, invocation: Invocation<O>) => Promise<ExitCode | undefined>;

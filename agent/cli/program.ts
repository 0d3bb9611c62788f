import { Command, type CommanderError } from 'commander';
import { readVersion } from '../config/version';
import { addCommands, type Bind } from './groups';
import { EXAMPLES } from './examples';
import type { ExitCode } from './exit-codes';
import type { GlobalOptions } from './io';
import type { Handler } from './commands/handler';
import { addGlobalOptions } from './options';

/** A command that was called: its code, and what the command line gave it. */
export interface Call {
  readonly load: () => Promise<Handler>;
  readonly args: readonly string[];
  readonly options: object;
  readonly globals: GlobalOptions;
  readonly program: Command;
}

export interface ProgramSurroundings {
  readonly writeOut: (text: string) => void;
  readonly writeError: (text: string) => void;
  readonly call: (call: Call) => Promise<void>;
}

/** The tree of commands, without their code. Wrong usage throws commander's error after it was written. */
export function buildProgram({ writeOut, writeError, call }: ProgramSurroundings): Command {
  const program = new Command('blosm');
  const bind: Bind =
    (load) =>
    async (...received) => {
      const command = received.at(-1) as Command;
      const args = command.processedArgs.filter((arg): arg is string => typeof arg === 'string');
      await call({
        load: load as () => Promise<Handler>,
        args,
        options: command.opts(),
        globals: program.opts(),
        program,
      });
    };
  // Before the commands are added: they inherit it.
  program
    .exitOverride()
    .configureOutput({ writeOut, writeErr: writeError })
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .showHelpAfterError('(see --help)');
  addGlobalOptions(program)
    .description('Moves services between edge clusters that trust each other only through a ledger.')
    .version(readVersion(), '--version', "this program's version");
  addCommands(program, bind);
  for (const { command, path } of leavesOf(program)) {
    const lines = EXAMPLES[path.join(' ')] ?? [];
    if (lines.length > 0) command.addHelpText('after', `\nExamples:\n${lines.map((line) => `  ${line}\n`).join('')}`);
  }
  return program;
}

/** A command that does something, and the words that lead to it. */
export interface Leaf {
  readonly command: Command;
  readonly path: readonly string[];
}

/** The commands of the tree that have code, in the order of the help. */
export function leavesOf(command: Command, path: readonly string[] = []): Leaf[] {
  return command.commands.flatMap((child) => {
    const childPath = [...path, child.name()];
    return child.commands.length === 0 ? [{ command: child, path: childPath }] : leavesOf(child, childPath);
  });
}

/** What commander's own way out means: help and version are fine, everything else is wrong usage. */
export function exitCodeOfUsage({ exitCode }: CommanderError): ExitCode {
  return exitCode === 0 ? 0 : 2;
}

import { CommanderError } from 'commander';
import { complain } from './complain';
import type { ExitCode } from './exit-codes';
import type { CliIo, GlobalOptions } from './io';
import { buildProgram, exitCodeOfUsage } from './program';

const BEFORE_PARSING: GlobalOptions = { output: 'table', color: true };

/**
 * Runs one command line (without `node` and the program's name). Never throws.
 * @returns the exit code
 */
export async function run(argv: readonly string[], io: CliIo): Promise<ExitCode> {
  let globals = BEFORE_PARSING;
  let exitCode: ExitCode = 0;
  const program = buildProgram({
    writeOut: (text) => io.stdout.write(text),
    writeError: (text) => io.stderr.write(text),
    call: async (call) => {
      globals = call.globals;
      const handler = await call.load();
      exitCode = (await handler({ io, options: globals }, call)) ?? 0;
    },
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return exitCodeOfUsage(error);
    return complain({ io, options: globals }, error);
  }
}

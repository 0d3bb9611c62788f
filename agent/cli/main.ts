import { constants } from 'node:os';
import type { CliIo, Output } from './io';
import { run } from './run';

/** The program: standard streams, environment, signals, exit code. */
export async function main(): Promise<void> {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // Not once: where no listener stays, what write-file-atomic has loaded takes itself for the only one during a write
    // and kills the process by the same signal, in the middle of its orderly end.
    process.on(signal, () => {
      // The second one ends the program whatever it is doing.
      if (interrupted.signal.aborted) process.exit(128 + constants.signals[signal]);
      interrupted.abort();
    });
  }
  const io: CliIo = {
    stdout: outputTo(process.stdout),
    stderr: outputTo(process.stderr),
    env: process.env,
    cwd: process.cwd(),
    nowMs: () => Date.now(),
    signal: interrupted.signal,
  };
  process.exitCode = await run(process.argv.slice(2), io);
}

function outputTo(stream: NodeJS.WriteStream): Output {
  // A reader that has seen enough (`| head`) closes the pipe: that is no error.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  return { write: (text) => void stream.write(text), isTty: stream.isTTY };
}

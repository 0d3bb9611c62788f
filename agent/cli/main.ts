import type { CliIo, Output } from './io';
import { run } from './run';

/** The program: standard streams, environment, signals, exit code. */
export async function main(): Promise<void> {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // The second one ends the program whatever it is doing.
    process.once(signal, () => interrupted.abort());
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

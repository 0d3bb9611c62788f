import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** A shell that stays: variables, functions and programs in the background of one block are there for the next. */
export interface Shell {
  /** Runs a block as with `set -euo pipefail`. @returns its standard output @throws Error with what went wrong */
  run(block: string): Promise<string>;
  /** Ends it with everything that it started. */
  close(): Promise<void>;
}

/** @param env instead of this process's */
export function openShell(cwd: string, env: Readonly<Record<string, string>>): Shell {
  const shell = spawn('bash', ['--noprofile', '--norc'], {
    cwd,
    env: { HOME: cwd, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    // A group of its own: whatever breaks off, nothing of it stays behind.
    detached: true,
  });
  const ended = once(shell, 'exit');
  let stdout = '';
  let stderr = '';
  let wake = (): void => undefined;
  const onText = (add: (text: string) => void) => (chunk: Buffer) => {
    add(chunk.toString());
    wake();
  };
  shell.stdout.on(
    'data',
    onText((text) => (stdout += text)),
  );
  shell.stderr.on(
    'data',
    onText((text) => (stderr += text)),
  );
  void ended.then(() => wake());
  shell.stdin.write(`set -euo pipefail\ntrap 'echo "line $LINENO: $BASH_COMMAND: status $?" >&2' ERR\n`);
  let blocks = 0;

  return {
    run: async (block) => {
      blocks += 1;
      const mark = `\n== end of block ${blocks}\n`;
      shell.stdin.write(`${block}\nprintf '\\n== end of block ${blocks}\\n'\n`);
      while (!stdout.includes(mark)) {
        if (hasEnded(shell))
          throw new Error(
            `the shell ended with ${shell.exitCode ?? shell.signalCode ?? ''} in:\n${block}\n${stdout}\n${stderr}`,
          );
        await new Promise<void>((resolve) => (wake = resolve));
      }
      const output = stdout.slice(0, stdout.indexOf(mark));
      stdout = stdout.slice(stdout.indexOf(mark) + mark.length);
      stderr = '';
      return output;
    },
    close: async () => {
      try {
        if (shell.pid !== undefined) process.kill(-shell.pid, 'SIGKILL');
      } catch {
        // It is gone already, with all its programs.
      }
      if (!hasEnded(shell)) await ended;
    },
  };
}

const hasEnded = (shell: ChildProcess): boolean => shell.exitCode !== null || shell.signalCode !== null;

import { execFile } from 'node:child_process';
import { readFile, readdir, statfs } from 'node:fs/promises';

/** The machine as far as the readings need it: tests give fixtures instead. Null or empty: it does not show that. */
export interface Machine {
  readText(path: string): Promise<string | null>;
  /** Names in a folder. */
  list(path: string): Promise<readonly string[]>;
  fileSystem(path: string): Promise<{ readonly totalBytes: number; readonly freeBytes: number } | null>;
  /** What a program wrote to stdout; null: it is missing, failed or took too long. */
  run(program: string, args: readonly string[], signal?: AbortSignal): Promise<string | null>;
}

const RUN_MS = 5000;

export const thisMachine: Machine = {
  readText: (path) => readFile(path, 'utf8').catch(() => null),
  list: (path) => readdir(path).catch(() => []),
  fileSystem: (path) =>
    statfs(path).then(
      // What ordinary programs may still use: a file system keeps some for root.
      ({ bsize, blocks, bavail }) => ({ totalBytes: bsize * blocks, freeBytes: bsize * bavail }),
      () => null,
    ),
  run: (program, args, signal) =>
    new Promise((resolve) => {
      const limits = { timeout: RUN_MS, killSignal: 'SIGKILL', ...(signal === undefined ? {} : { signal }) } as const;
      execFile(program, args, limits, (failure, stdout) => resolve(failure === null ? stdout : null));
    }),
};

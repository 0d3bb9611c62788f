import { mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { sync as writeFileAtomicSync } from 'write-file-atomic';
import type { z } from 'zod';

/** What is slow to make and the same for every state folder: `$XDG_CACHE_HOME/blosm`, or `~/.cache/blosm`. */
export function cacheDir(): string {
  const configured = process.env['XDG_CACHE_HOME'];
  const root = configured === undefined || configured === '' ? join(homedir(), '.cache') : configured;
  return join(root, 'blosm');
}

/** The file of a blob of an image. @param digest `sha256:` and 64 hexadecimal digits */
export function blobPath(digest: string): string {
  return join(blobDir(), digest.slice('sha256:'.length));
}

export function blobDir(): string {
  const folder = join(cacheDir(), 'images', 'blobs');
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Reads what was made from the same inputs before; undefined when there is nothing, or nothing that can be read. */
export function recall<T>(key: string, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.parse(JSON.parse(readFileSync(recordPath(key), 'utf8')));
  } catch {
    return undefined;
  }
}

/** Keeps what was made. @param key stands for everything that it was made from */
export function remember(key: string, value: unknown): void {
  mkdirSync(join(cacheDir(), 'images', 'records'), { recursive: true });
  writeFileAtomicSync(recordPath(key), `${JSON.stringify(value, null, 2)}\n`);
}

const recordPath = (key: string): string => join(cacheDir(), 'images', 'records', `${key}.json`);

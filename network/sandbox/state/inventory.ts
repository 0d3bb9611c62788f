import {
  closeSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { sync as writeFileAtomicSync } from 'write-file-atomic';
import { z } from 'zod';
import { sandboxDir } from '../plan';

/**
 * A thing that the sandbox makes and has to take away again.
 * - `bridge`, `link`: an interface of the machine's own namespace
 * - `forward-rule`: the rule of iptables that lets bridged traffic through
 * - `namespace`: a network namespace with every process that lives in it
 * - `engine`: a Docker Engine; `name` is its cgroup, `folders` are where mounts may be left
 * - `run-folder`: sockets and process ids, removed with the sandbox
 * - `data-folder`: images, containers, logs; removed only on request
 */
const MadeThing = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.enum(['bridge', 'link', 'forward-rule', 'namespace', 'run-folder', 'data-folder']),
    name: z.string().min(1),
  }),
  z.strictObject({ kind: z.literal('engine'), name: z.string().min(1), folders: z.array(z.string()).min(1) }),
]);
export type MadeThing = z.infer<typeof MadeThing>;

/** The list of everything that a sandbox has made, on disk before each thing is made. */
export interface Inventory {
  /** Writes a thing down, once, before it is made. Returns only when it is on the disk. */
  readonly record: (thing: MadeThing) => void;
  readonly has: (kind: MadeThing['kind'], name: string) => boolean;
  readonly things: () => readonly MadeThing[];
}

export const inventoryPath = (stateDir: string): string => `${sandboxDir(stateDir)}/made.ndjson`;

/** Opens the inventory of a state folder, making an empty one when there is none. */
export function openInventory(stateDir: string): Inventory {
  const path = inventoryPath(stateDir);
  const things = [...readThings(path)];
  const has = (kind: MadeThing['kind'], name: string): boolean =>
    things.some((t) => t.kind === kind && t.name === name);
  return {
    has,
    things: () => things,
    record: (thing) => {
      if (has(thing.kind, thing.name)) return;
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      append(path, `${JSON.stringify(thing)}\n`);
      things.push(thing);
    },
  };
}

/** Writes down what is left after the rest has been taken away; nothing left: no file. */
export function replaceInventory(stateDir: string, left: readonly MadeThing[]): void {
  const path = inventoryPath(stateDir);
  if (left.length === 0) rmSync(path, { force: true });
  else writeFileAtomicSync(path, left.map((thing) => `${JSON.stringify(thing)}\n`).join(''), { mode: 0o600 });
}

function append(path: string, line: string): void {
  const file = openSync(path, 'a+', 0o600);
  try {
    // A line that was torn by a crash must not swallow this one.
    const lastByte = Buffer.alloc(1);
    const sizeBytes = fstatSync(file).size;
    if (sizeBytes > 0) readSync(file, lastByte, 0, 1, sizeBytes - 1);
    const torn = sizeBytes > 0 && lastByte.toString() !== '\n';
    writeSync(file, `${torn ? '\n' : ''}${line}`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function readThings(path: string): readonly MadeThing[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line) => parseLine(line));
}

/** A torn last line names a thing that was not made yet: it is written before the making, so it can be left out. */
function parseLine(line: string): readonly MadeThing[] {
  try {
    const parsed = MadeThing.safeParse(JSON.parse(line));
    return parsed.success ? [parsed.data] : [];
  } catch {
    return [];
  }
}

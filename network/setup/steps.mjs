// What the scripts of this folder share: running programs, a line per step, and stamps of what was done.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

export const say = (line) => process.stdout.write(`${line}\n`);

/** Runs a step and prints one line with its duration. */
export async function step(name, work) {
  const startedAt = performance.now();
  const seconds = () => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
  try {
    const value = await work();
    say(`${name}: ${seconds()}`);
    return value;
  } catch (failure) {
    say(`${name}: failed after ${seconds()}`);
    throw failure;
  }
}

const COMMAND_TIMEOUT_MS = 30 * 60_000;

/** Runs a program to its end and gives its output; an Error has the last lines of what it wrote. */
export function run(program, args, { cwd = ROOT, env = process.env } = {}) {
  return new Promise((resolvePromise, reject) => {
    // Not spawn's own timeout: its timer outlives a program that could not be started, and this process with it.
    const signal = AbortSignal.timeout(COMMAND_TIMEOUT_MS);
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], signal });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.on('error', (failure) => reject(new Error(`${program}: ${failure.message}`)));
    child.on('close', (code, signalName) => {
      if (code === 0) return resolvePromise(output);
      reject(new Error(`${[program, ...args].join(' ')}: ${signalName ?? `exit code ${code}`}\n${excerpt(output)}`));
    });
  });
}

/** Both ends of an output: npm names the fault first and then prints its usage, a compiler ends with its count. */
function excerpt(output) {
  const lines = output.trim().split('\n');
  return (lines.length <= 40 ? lines : [...lines.slice(0, 25), '...', ...lines.slice(-15)]).join('\n');
}

/** True when the key is not the one that was remembered. */
export function changed(stamp, key) {
  try {
    return readFileSync(stamp, 'utf8') !== key;
  } catch {
    return true;
  }
}

export function remember(stamp, key) {
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, key);
}

/** A key over the contents of files. */
export function contentOf(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

/** A key over names, sizes and times of the files below some paths: cheap, and what a compiler looks at. */
export function newestOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths) addTo(hash, path);
  return hash.digest('hex');
}

function addTo(hash, path) {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isDirectory()) {
    hash.update(`${path}\0${found.size}\0${found.mtimeMs}\0`);
    return;
  }
  for (const name of readdirSync(path).sort()) {
    if (name !== 'node_modules' && name !== 'dist') addTo(hash, join(path, name));
  }
}

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const TAIL_BYTES = 8192;

/** The last lines of a log file; a note instead when it cannot be read. */
export function logTail(path: string, lines = 15): string {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return `(no log at ${path})`;
  }
  try {
    const sizeBytes = fstatSync(file).size;
    const buffer = Buffer.alloc(Math.min(sizeBytes, TAIL_BYTES));
    readSync(file, buffer, 0, buffer.length, sizeBytes - buffer.length);
    return lastLines(withoutStacks(buffer.toString('utf8')), lines) || '(the log is empty)';
  } finally {
    closeSync(file);
  }
}

/** Without the stacks that a Go program prints when it panics: they push the reason out of the tail. */
function withoutStacks(text: string): string {
  return text.replace(/^goroutine \d+ \[.*\]:\n(?:.+\n?)*/gm, '');
}

/** The last lines of a text, without empty ones at its end. */
export function lastLines(text: string, lines: number): string {
  return text.trimEnd().split('\n').slice(-lines).join('\n');
}

/** A command as it can be pasted into a shell. */
export function shellLine(command: readonly string[]): string {
  return command.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
}

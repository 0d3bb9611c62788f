'use strict';

const { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, truncateSync, writeSync } = require('node:fs');
const { dirname } = require('node:path');

/**
 * Opens the log, one line a count. A last line without its end was torn by a crash and never acknowledged: it goes.
 * @param {string} path
 */
function openLog(path) {
  mkdirSync(dirname(path), { recursive: true });
  const entries = readEntries(path);
  const file = openSync(path, 'a');
  return {
    /** Number of lines. */
    count: () => entries.length,
    /** The entry with this number, from 1; undefined: none. */
    entry: (number) => entries[number - 1],
    /**
     * Appends a line and returns only when it is on the disk.
     * @returns {{count: number, previous: string | null}} the new count, and the entry before
     */
    append: (text) => {
      const previous = entries.at(-1) ?? null;
      writeSync(file, `${JSON.stringify(text)}\n`);
      fsyncSync(file);
      entries.push(text);
      return { count: entries.length, previous };
    },
    close: () => closeSync(file),
  };
}

function readEntries(path) {
  let text;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return [];
  }
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole.length < text.length) truncateSync(path, Buffer.byteLength(whole));
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

module.exports = { openLog };

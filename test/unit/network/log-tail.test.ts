import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { logTail } from '../../../network/processes';

describe('logTail', () => {
  let folder: string;
  let log: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'blosm-log-'));
    log = join(folder, 'log');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('gives the last lines of a long log', () => {
    writeFileSync(log, Array.from({ length: 5000 }, (_, index) => `line ${index}\n`).join(''));
    expect(logTail(log, 2)).toBe('line 4998\nline 4999');
  });

  it('leaves the stack of a panic out, and keeps its reason', () => {
    const stack = Array.from({ length: 30 }, (_, index) => `main.f${index}()\n\t/src/main.go:${index} +0x1\n`).join('');
    writeFileSync(log, `starting\npanic: address already in use\n\ngoroutine 1 [running]:\n${stack}`);
    expect(logTail(log)).toBe('starting\npanic: address already in use');
  });

  it('says so when there is nothing to show', () => {
    expect(logTail(log)).toBe(`(no log at ${log})`);
    writeFileSync(log, '');
    expect(logTail(log)).toBe('(the log is empty)');
  });
});

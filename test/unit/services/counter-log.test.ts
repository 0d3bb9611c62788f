import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Log {
  readonly count: () => number;
  readonly entry: (number: number) => string | undefined;
  readonly append: (text: string) => { count: number; previous: string | null };
  readonly close: () => void;
}
const { openLog } = jest.requireActual<{ openLog: (path: string) => Log }>(
  '../../../network/services/counter/log-file.js',
);

describe("the counter's log", () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'blosm-counter-'));
    path = join(folder, 'data', 'counter.log');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('goes on where it ended', () => {
    const first = openLog(path);
    expect(first.append('one')).toEqual({ count: 1, previous: null });
    first.close();
    const second = openLog(path);
    expect(second.append('two\nlines')).toEqual({ count: 2, previous: 'one' });
    second.close();
    expect(openLog(path).entry(2)).toBe('two\nlines');
  });

  it('forgets a line that was torn, which nobody was told of', () => {
    const first = openLog(path);
    first.append('größer');
    first.close();
    appendFileSync(path, '"to');
    const second = openLog(path);
    expect(second.append('next')).toEqual({ count: 2, previous: 'größer' });
    second.close();
    expect(openLog(path).count()).toBe(2);
  });
});

import type { JournalEntry } from '../../../agent/domain/journal-entry';
import { outageMs, phasesOf, type Phase } from '../../../agent/domain/timeline';

const entry = (
  kind: JournalEntry['kind'],
  name: string,
  atMs: number,
  detail: unknown = null,
  migrationId = 'm-1',
): JournalEntry => ({ atMs, instanceId: 'i-1', migrationId, kind, name, detail });

describe('phases', () => {
  it('are the attempts of steps, in their order', () => {
    const phases = phasesOf(
      [
        entry('fact', 'intent', 1),
        entry('step-begun', 'push', 10),
        entry('step-begun', 'other', 11, null, 'm-2'),
        entry('step-failed', 'push', 20, { code: 'X', message: 'no registry' }),
        entry('step-begun', 'push', 30),
        entry('step-done', 'push', 45),
        entry('step-begun', 'hand-over', 50),
        entry('step-done', 'hand-over', 60, { transactionId: 'abc' }),
        entry('step-begun', 'complete', 70),
      ],
      'm-1',
    );
    expect(phases).toEqual([
      { name: 'push', startMs: 10, endMs: 20, detail: 'no registry', transactionId: '' },
      { name: 'push', startMs: 30, endMs: 45, detail: '', transactionId: '' },
      { name: 'hand-over', startMs: 50, endMs: 60, detail: '', transactionId: 'abc' },
      { name: 'complete', startMs: 70, endMs: null, detail: '', transactionId: '' },
    ]);
  });

  it('survive entries that are not whole', () => {
    expect(phasesOf([entry('step-done', 'push', 5)], 'm-1')).toEqual([]);
    const failed = [entry('step-begun', 'push', 1), entry('step-failed', 'push', 2, 'text')];
    expect(phasesOf(failed, 'm-1')).toMatchObject([{ endMs: 2, detail: 'failed' }]);
    const odd = [entry('step-begun', 'push', 1), entry('step-done', 'push', 2, { transactionId: null })];
    expect(phasesOf(odd, 'm-1')).toMatchObject([{ transactionId: '' }]);
  });
});

describe('the outage', () => {
  const phase = (name: string, startMs: number, endMs: number | null): Phase => ({
    name,
    startMs,
    endMs,
    detail: '',
    transactionId: '',
  });
  const drain = phase('drain', 100, 110);

  it('is none while the source never closed', () => {
    expect(outageMs([phase('propose', 1, 2)], [])).toBe(0);
  });

  const failed = (name: string, startMs: number, endMs: number): Phase => ({
    ...phase(name, startMs, endMs),
    detail: 'it failed',
  });

  it('lasts until the destination serves, or the source again', () => {
    expect(outageMs([drain], [phase('complete', 400, 420)])).toBe(300);
    const stopped = [phase('warm', 10, 20), drain, phase('stop', 110, 120), phase('abort', 130, 140)];
    expect(outageMs([...stopped, failed('warm', 150, 190), phase('warm', 200, 250)], [])).toBe(150);
    expect(outageMs(stopped, [])).toBeNull();
  });

  it('ends with the abort when the container was not stopped', () => {
    expect(outageMs([drain, failed('abort', 110, 120), phase('abort', 130, 140)], [])).toBe(40);
    expect(outageMs([drain, failed('stop', 110, 120), phase('abort', 130, 140)], [])).toBe(40);
    expect(outageMs([drain, phase('abort', 130, null)], [])).toBeNull();
  });

  it('is not known before', () => {
    expect(outageMs([drain], [])).toBeNull();
    expect(outageMs([drain, phase('warm', 200, null)], [])).toBeNull();
    expect(outageMs([drain], [phase('complete', 50, 60)])).toBeNull();
  });
});

import { getEventListeners } from 'node:events';
import { joinSignals, underSignals } from '../../../agent/domain/join-signals';

const listenersOn = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

describe('joined signals', () => {
  it('fire with the first of them, with its reason, and once', () => {
    const [first, second] = [new AbortController(), new AbortController()];
    const { signal } = joinSignals(first.signal, second.signal);
    const reasons: unknown[] = [];
    signal.addEventListener('abort', () => reasons.push(signal.reason));
    second.abort('late');
    first.abort('later');
    expect(reasons).toEqual(['late']);
    expect([listenersOn(first.signal), listenersOn(second.signal)]).toEqual([0, 0]);
  });

  it('have fired when one of them had before', () => {
    const { signal } = joinSignals(new AbortController().signal, AbortSignal.abort('before'));
    expect([signal.aborted, signal.reason]).toEqual([true, 'before']);
  });

  it('hear nothing any more once they are released', () => {
    const source = new AbortController();
    const { signal, release } = joinSignals(source.signal);
    release();
    source.abort();
    expect(signal.aborted).toBe(false);
  });

  it.each([
    ['ends', () => Promise.resolve('done')],
    ['fails', () => Promise.reject(new Error('no'))],
  ])('leave nothing on a signal that lives on when the work %s', async (_, work) => {
    const lasting = new AbortController();
    await underSignals([lasting.signal], (signal) => {
      expect([signal.aborted, listenersOn(lasting.signal)]).toEqual([false, 1]);
      return work();
    }).catch(() => undefined);
    expect(listenersOn(lasting.signal)).toBe(0);
  });
});

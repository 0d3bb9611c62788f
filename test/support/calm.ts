import type { Clock } from '../../agent/ports/clock';

/** More calls than any agent needs while the clock stands still. */
const MAX_CALLS = 3000;

/** The port, for a caller that pauses: one that goes round without end stands still, loudly, instead of the test. */
export function calm<T extends object>(port: T, clock: Clock, who: string): T {
  const seen = { atMs: -1, calls: 0 };
  return new Proxy(port, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => {
        if (clock.nowMs() !== seen.atMs) Object.assign(seen, { atMs: clock.nowMs(), calls: 0 });
        seen.calls += 1;
        if (seen.calls === MAX_CALLS) process.stderr.write(`${who} goes round without a pause\n`);
        return seen.calls < MAX_CALLS ? Reflect.apply(member, target, args) : new Promise(() => undefined);
      };
    },
  });
}

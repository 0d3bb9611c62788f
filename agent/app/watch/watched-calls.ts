import type { Clock } from '../../ports/clock';
import { failureOf } from './watched-ledger';

/** How a call to one of the ports ended. */
export interface PortCall {
  /** The method's name. */
  readonly operation: string;
  readonly durationMs: number;
  /** `ok`, or the code of the failure. */
  readonly outcome: string;
}

/** The same object; whoever watches is told of each call of a method that answers with a promise. */
export function watchCalls<T extends object>(target: T, clock: Clock, tell: (call: PortCall) => void): T {
  return new Proxy(target, {
    get: (object, property) => {
      const value: unknown = Reflect.get(object, property, object);
      if (typeof value !== 'function' || typeof property !== 'string') return value;
      return (...args: unknown[]): unknown => {
        const startMs = clock.nowMs();
        const answer: unknown = value.apply(object, args);
        if (!(answer instanceof Promise)) return answer;
        const ended = (outcome: string): void =>
          tell({ operation: property, durationMs: clock.nowMs() - startMs, outcome });
        answer.then(
          () => ended('ok'),
          (error: unknown) => ended(failureOf(error).code),
        );
        return answer;
      };
    },
  });
}

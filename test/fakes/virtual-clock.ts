import type { Clock } from '../../agent/ports/clock';
import { BlosmError } from '../../chaincode/src/model';

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly fire: () => void;
}

/** Lets everything that needs no timer run to its end. */
export async function settleTasks(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Time that stands still until a test moves it. */
export class VirtualClock implements Clock {
  private timers: Timer[] = [];
  private created = 0;

  constructor(private currentMs = Date.UTC(2026, 0, 1)) {}

  nowMs(): number {
    return this.currentMs;
  }

  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancelled = (): BlosmError => new BlosmError('BLOSM_E_CANCELLED', 'the wait was cancelled');
      if (signal?.aborted === true) {
        reject(cancelled());
        return;
      }
      const onAbort = (): void => {
        this.timers = this.timers.filter((other) => other !== timer);
        reject(cancelled());
      };
      const fire = (): void => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      const timer: Timer = { atMs: this.currentMs + Math.max(0, durationMs), order: this.created++, fire };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.timers.push(timer);
    });
  }

  /** Moves time on, firing each timer at its own moment and letting its consequences run before the next. */
  async advance(durationMs: number): Promise<void> {
    const endMs = this.currentMs + durationMs;
    await settleTasks();
    for (let timer = this.next(); timer !== undefined && timer.atMs <= endMs; timer = this.next()) {
      this.fire(timer);
      await settleTasks();
    }
    this.currentMs = endMs;
  }

  /** Moves time on, timer by timer, until the promise settles, at most so far. */
  async runUntil<T>(promise: Promise<T>, limitMs = 3_600_000): Promise<T> {
    const endMs = this.currentMs + limitMs;
    const state = { settled: false };
    const mark = (): void => void (state.settled = true);
    promise.then(mark, mark);
    await settleTasks();
    while (!state.settled) {
      const timer = this.next();
      if (timer === undefined || timer.atMs > endMs) throw new Error('the promise never settled in virtual time');
      this.fire(timer);
      await settleTasks();
    }
    return promise;
  }

  private next(): Timer | undefined {
    return this.timers.reduce<Timer | undefined>(
      (first, timer) =>
        first === undefined || timer.atMs < first.atMs || (timer.atMs === first.atMs && timer.order < first.order)
          ? timer
          : first,
      undefined,
    );
  }

  private fire(timer: Timer): void {
    this.timers = this.timers.filter((other) => other !== timer);
    this.currentMs = Math.max(this.currentMs, timer.atMs);
    timer.fire();
  }
}

import type { Clock } from '../../agent/ports/clock';
import { wallClock } from '../support/wall-clock';

/** Real time that runs faster, for parts that wait for real sockets between their pauses. */
export class FastClock implements Clock {
  private readonly startMs = Date.now();

  /** @param rate how many milliseconds pass in one */
  constructor(private readonly rate: number) {}

  nowMs(): number {
    return this.startMs + (Date.now() - this.startMs) * this.rate;
  }

  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    return wallClock.sleep(durationMs / this.rate, signal);
  }
}

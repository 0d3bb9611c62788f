import { underSignals } from '../domain/join-signals';
import type { Clock } from '../ports/clock';

/** Lets one loop sleep until somebody has news for it. A wake-up before the sleep is not lost. */
export class Waker {
  private isWoken = false;
  private interrupt: AbortController | null = null;

  constructor(private readonly clock: Clock) {}

  wake(): void {
    this.isWoken = true;
    this.interrupt?.abort();
  }

  /** Returns when woken, after `durationMs`, or when the signal fires. Never throws. */
  async sleep(durationMs: number, signal: AbortSignal): Promise<void> {
    if (!this.isWoken && !signal.aborted && durationMs > 0) {
      this.interrupt = new AbortController();
      const sleep = (either: AbortSignal): Promise<void> => this.clock.sleep(durationMs, either);
      await underSignals([signal, this.interrupt.signal], sleep).catch(() => undefined);
      this.interrupt = null;
    }
    this.isWoken = false;
  }
}

import type { Clock } from '../ports/clock';
import type { Log } from '../ports/log';

/** Pause after a failure of one of the agent's own loops, in milliseconds: short, because a service may wait for it. */
const PAUSE_MS = 1000;
/** The same failure is told again after so long, in milliseconds. */
const TELL_AGAIN_MS = 60_000;

/** What the agent does all the time: each turn of a loop is begun again when it fails. */
export class Loops {
  private readonly running: Promise<void>[] = [];
  private readonly told = new Map<string, { readonly error: string; readonly atMs: number }>();

  constructor(
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly signal: AbortSignal,
  ) {}

  /** One turn after the other, until the signal fires. */
  forever(name: string, turn: () => Promise<void>): void {
    this.running.push(
      (async () => {
        while (!this.signal.aborted) await this.attempt(name, turn);
      })(),
    );
  }

  /** Until a turn has gone well. */
  untilDone(name: string, turn: () => Promise<void>): void {
    this.running.push(
      (async () => {
        while (!this.signal.aborted && !(await this.attempt(name, turn)));
      })(),
    );
  }

  /** Resolves when every loop has ended, which the signal makes them do. */
  async ended(): Promise<void> {
    await Promise.all(this.running);
  }

  /** True when it went well; otherwise tells and pauses. */
  private async attempt(name: string, turn: () => Promise<void>): Promise<boolean> {
    try {
      await turn();
      this.told.delete(name);
      return true;
    } catch (error) {
      if (!this.signal.aborted) this.tell(name, String(error));
      await this.clock.sleep(PAUSE_MS, this.signal).catch(() => undefined);
      return false;
    }
  }

  /** A failure that lasts is told once in a while: an agent without its ledger must not fill the log. */
  private tell(loop: string, error: string): void {
    const nowMs = this.clock.nowMs();
    const last = this.told.get(loop);
    if (last?.error === error && Math.abs(nowMs - last.atMs) < TELL_AGAIN_MS) return;
    this.told.set(loop, { error, atMs: nowMs });
    this.log.warn({ loop, error }, 'failed; trying again');
  }
}

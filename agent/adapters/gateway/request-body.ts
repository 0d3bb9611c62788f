import type { IncomingMessage } from 'node:http';
import type { Writable } from 'node:stream';
import type { ReplayBudget } from './replay-budget';

/** How much of a body may be kept. */
export interface ReplayRule {
  /** Only a request that may be sent again is worth keeping. */
  readonly keep: boolean;
  /** So much of it at most. */
  readonly keepBytes: number;
  /** So long may the body be. */
  readonly maxBytes: number;
  readonly budget: ReplayBudget;
}

/**
 * The body of a device's request. It is read only while a target takes it, so that nothing is lost before a
 * connection stands; the target's back-pressure reaches the device.
 */
export class RequestBody {
  private kept: Buffer[] = [];
  private keptBytes = 0;
  private seenBytes = 0;
  private whole = true;
  private ended: boolean;
  private detach: (() => void) | undefined;

  constructor(
    private readonly request: IncomingMessage,
    private readonly rule: ReplayRule,
    announced: boolean,
  ) {
    this.ended = !announced;
  }

  /** True when more of it came than may. */
  get isTooLong(): boolean {
    return this.seenBytes > this.rule.maxBytes;
  }

  /** True when a second target would get the same bytes from the first on. */
  get replayable(): boolean {
    return this.whole;
  }

  /** True when the device owes more of the body. */
  get awaited(): boolean {
    return !this.ended;
  }

  /** Sends the body from its beginning and ends the target after it. One target at a time. */
  sendTo(target: Writable): void {
    for (const chunk of this.kept) target.write(chunk);
    if (this.ended) {
      target.end();
      return;
    }
    const { request } = this;
    const onData = (chunk: Buffer): void => {
      this.seenBytes += chunk.length;
      if (this.isTooLong) {
        this.forget();
        this.whole = false;
        target.destroy(new Error('the body is too long'));
        return;
      }
      this.keep(chunk);
      if (!target.write(chunk)) request.pause();
    };
    const onDrain = (): void => void request.resume();
    const onEnd = (): void => {
      this.ended = true;
      this.stop();
      target.end();
    };
    request.on('data', onData).on('end', onEnd);
    target.on('drain', onDrain);
    this.detach = (): void => {
      request.off('data', onData).off('end', onEnd);
      target.off('drain', onDrain);
    };
    request.resume();
  }

  /** Takes the body away from the target; what the device still sends waits. */
  stop(): void {
    this.detach?.();
    this.detach = undefined;
    if (!this.ended) this.request.pause();
  }

  /** Throws away what the device still sends, so that its connection can carry the next request. */
  discard(): void {
    this.stop();
    this.request.resume();
  }

  /** Forgets what was kept: an answer has begun, the request will not be sent again. */
  forget(): void {
    this.rule.budget.giveBack(this.keptBytes);
    this.whole = this.whole && this.keptBytes === 0;
    this.kept = [];
    this.keptBytes = 0;
  }

  private keep(chunk: Buffer): void {
    if (!this.whole) return;
    const fits = this.rule.keep && this.keptBytes + chunk.length <= this.rule.keepBytes;
    if (fits && this.rule.budget.take(chunk.length)) {
      this.kept.push(chunk);
      this.keptBytes += chunk.length;
      return;
    }
    this.forget();
    this.whole = false;
  }
}

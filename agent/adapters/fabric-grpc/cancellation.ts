import { BlosmError } from '../../../chaincode/src/model';
import type { CallOptions } from '../../ports/call';

/** The promise's result, or BLOSM_E_CANCELLED as soon as the signal fires; the promise itself goes on unheard. */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  promise.catch(() => undefined);
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(new BlosmError('BLOSM_E_CANCELLED', 'the call ended before its answer'));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** The time that one call has. Its signal fires at the deadline and when the caller cancels. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #endsAtMs: number;
  readonly #callerSignal: AbortSignal | undefined;
  readonly #cancel = (): void => this.#controller.abort();

  constructor(
    options: CallOptions | undefined,
    defaultTimeoutMs: number,
    readonly timeoutMs: number = options?.timeoutMs ?? defaultTimeoutMs,
  ) {
    this.#endsAtMs = performance.now() + this.timeoutMs;
    this.#timer = setTimeout(this.#cancel, this.timeoutMs);
    this.#callerSignal = options?.signal;
    if (this.#callerSignal?.aborted === true) this.#cancel();
    this.#callerSignal?.addEventListener('abort', this.#cancel, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get isOver(): boolean {
    return this.#controller.signal.aborted;
  }

  get isCancelled(): boolean {
    return this.#callerSignal?.aborted === true;
  }

  /** Whole milliseconds left; at least 1, because gRPC takes 0 as an error of its own. */
  get leftMs(): number {
    return Math.max(1, Math.ceil(this.#endsAtMs - performance.now()));
  }

  /** Frees the timer; every call ends with it. */
  end(): void {
    clearTimeout(this.#timer);
    this.#callerSignal?.removeEventListener('abort', this.#cancel);
  }
}

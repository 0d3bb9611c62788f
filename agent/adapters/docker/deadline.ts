import { BlosmError } from '../../../chaincode/src/model';
import type { CallOptions } from '../../ports/call';

/** One operation of the port, for deadlines and messages. */
export interface Operation {
  /** Ends the sentence "... did not end in time", e.g. `start container 12ab`. */
  readonly what: string;
  readonly stage: string;
  /** Milliseconds when the caller gives none. */
  readonly defaultTimeoutMs: number;
}

/**
 * Runs an operation under a deadline and the caller's signal. It settles even when the work does not: an engine that
 * cuts an answer in the middle leaves some requests without any end.
 * @throws BlosmError BLOSM_E_TIMEOUT, BLOSM_E_CANCELLED
 */
export async function withDeadline<T>(
  operation: Operation,
  options: CallOptions | undefined,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timeoutMs = options?.timeoutMs ?? operation.defaultTimeoutMs;
  const caller = options?.signal;
  const controller = new AbortController();
  const { promise: stopped, reject: stop } = rejection();
  const end = (failure: BlosmError): void => {
    stop(failure);
    controller.abort(failure);
  };
  const onCancel = (): void => end(cancelled(operation, caller));
  const timer = setTimeout(() => end(timedOut(operation, timeoutMs)), timeoutMs);
  caller?.addEventListener('abort', onCancel, { once: true });
  try {
    if (caller?.aborted === true) throw cancelled(operation, caller);
    return await Promise.race([run(controller.signal), stopped]);
  } finally {
    clearTimeout(timer);
    caller?.removeEventListener('abort', onCancel);
  }
}

function rejection(): { promise: Promise<never>; reject: (failure: Error) => void } {
  let reject: (failure: Error) => void = () => undefined;
  const promise = new Promise<never>((_resolve, rejectIt) => {
    reject = rejectIt;
  });
  // Nobody may be waiting any more when it is rejected.
  promise.catch(() => undefined);
  return { promise, reject };
}

function cancelled(operation: Operation, signal: AbortSignal | undefined): BlosmError {
  const facts = { stage: operation.stage, cause: signal?.reason as unknown };
  return new BlosmError('BLOSM_E_CANCELLED', `cancelled: ${operation.what}`, facts);
}

function timedOut(operation: Operation, timeoutMs: number): BlosmError {
  const message = `${operation.what} did not end within ${timeoutMs} ms`;
  return new BlosmError('BLOSM_E_TIMEOUT', message, { stage: operation.stage });
}

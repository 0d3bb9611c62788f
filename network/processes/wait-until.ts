import { setTimeout as pause } from 'node:timers/promises';
import { BlosmError } from '../../chaincode/src/model';

/** How a wait ends, whatever happens. */
export interface WaitOptions {
  /** Milliseconds from now after which the wait fails. */
  readonly deadlineMs: number;
  /** Ends the sentence "waited ... for": what is waited for, for people. */
  readonly what: string;
  readonly signal?: AbortSignal | undefined;
  /** Replaces the catalogue's hint when the deadline passes. */
  readonly hint?: string;
}

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 250;

/**
 * Polls until the check gives something else than undefined or false, and returns that.
 * What the check throws counts as "not yet" and is named when the deadline passes; only a BlosmError that
 * cannot pass by itself (`retryable` false) ends the wait at once.
 * @throws BlosmError BLOSM_E_TIMEOUT at the deadline, BLOSM_E_CANCELLED when the signal aborts
 */
export async function waitUntil<T>(
  check: () => Promise<T | undefined | false> | T | undefined | false,
  options: WaitOptions,
): Promise<T> {
  const endsAt = performance.now() + options.deadlineMs;
  let pauseMs = FIRST_PAUSE_MS;
  let lastFailure: unknown;
  for (;;) {
    if (options.signal?.aborted === true) throw cancelled(options);
    try {
      const value = await check();
      if (value !== undefined && value !== false) return value;
      lastFailure = undefined;
    } catch (failure) {
      if (isFinal(failure)) throw failure;
      lastFailure = failure;
    }
    const leftMs = endsAt - performance.now();
    if (leftMs <= 0) throw timedOut(options, lastFailure);
    await pause(Math.min(pauseMs, leftMs), undefined, { signal: options.signal }).catch(() => undefined);
    pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS);
  }
}

function isFinal(failure: unknown): boolean {
  return failure instanceof BlosmError && !failure.retryable;
}

function cancelled(options: WaitOptions): BlosmError {
  return new BlosmError('BLOSM_E_CANCELLED', `cancelled while waiting for ${options.what}`, {
    stage: 'wait',
    cause: options.signal?.reason,
  });
}

function timedOut(options: WaitOptions, lastFailure: unknown): BlosmError {
  const reason = lastFailure instanceof Error ? `; last: ${lastFailure.message}` : '';
  const message = `waited ${Math.round(options.deadlineMs)} ms for ${options.what}${reason}`;
  const hint = options.hint === undefined ? {} : { hint: options.hint };
  return new BlosmError('BLOSM_E_TIMEOUT', message, { stage: 'wait', cause: lastFailure, ...hint });
}

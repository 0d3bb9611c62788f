import type { IncomingMessage } from 'node:http';

/** How far a request came at a target that failed. */
export type Progress =
  /** No byte of it left. */
  | 'unsent'
  /** Bytes left, none came back: whether it was acted on is unknown. */
  | 'unanswered'
  /** Bytes came back, but no answer could be read from them. */
  | 'answering';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** True for a request that may be sent again although the first may have been acted on. */
export function mayRepeat(request: IncomingMessage): boolean {
  // The key makes the service itself recognise the second one (IETF draft idempotency-key-header).
  return SAFE_METHODS.has(request.method ?? '') || request.headers['idempotency-key'] !== undefined;
}

/** The rule of re-sending: before the first byte left, or where a repetition does no harm and no byte came back. */
export function mayResend(progress: Progress, repeatable: boolean, bodyReplayable: boolean): boolean {
  if (!bodyReplayable) return false;
  return progress === 'unsent' || (progress === 'unanswered' && repeatable);
}

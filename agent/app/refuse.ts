import type { ErrorCode } from '../../chaincode/src/model';
import type { RouteDecision } from '../ports/traffic';

/** What a client is told to wait that will be served soon, in seconds. */
export const RETRY_AFTER_SECONDS = 1;

/** @param status HTTP status */
export function refuse(
  status: number,
  code: ErrorCode,
  reason: string,
  retryAfterSeconds: number | null,
): Extract<RouteDecision, { kind: 'refuse' }> {
  return { kind: 'refuse', status, code, reason, retryAfterSeconds };
}

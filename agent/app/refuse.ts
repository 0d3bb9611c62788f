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

/** Our own words about the request. All other errors may name files, hosts, peers and containers. */
const SAID_TO_DEVICES: ReadonlySet<ErrorCode> = new Set(['BLOSM_E_INVALID_ARGUMENT', 'BLOSM_E_NO_ROOM']);

/** What a device is told of an error that nobody has made for it; the whole is for the log. */
export function wordsForDevices(code: ErrorCode, message: string): string {
  if (!SAID_TO_DEVICES.has(code)) return "the request cannot be routed now; the cluster's log says why";
  return message.startsWith(`${code}: `) ? message.slice(code.length + 2) : message;
}

import type { ErrorCode } from '../../../chaincode/src/model';
import type { Refusal } from './problem-answer';
import type { Failure } from './relay';
import type { Way } from './targets';

/** What a device is told when its request could not be carried through. The fault itself names addresses: not that. */
export function refusalOf(failure: Failure, way: Way, repeatable: boolean): Refusal {
  const target = way.kind === 'serve' ? 'the service' : `the cluster ${way.nodeId}`;
  if (failure.stalled === 'device') {
    return { status: 408, code: 'BLOSM_E_TIMEOUT', detail: 'the rest of the body did not come' };
  }
  if (failure.progress === 'unsent') {
    const detail = `${target} cannot be reached`;
    return { status: 502, code: unreachable(way), detail, retryAfterSeconds: 1 };
  }
  const timedOut = failure.stalled === 'target';
  // That it took too long are our own words.
  const what = timedOut ? `did not answer in time: ${failure.fault.message}` : 'broke off before it answered';
  const detail = `${target} took the request and ${what}`;
  const status = timedOut ? 504 : 502;
  if (!repeatable) return { status, code: 'BLOSM_E_REQUEST_OUTCOME_UNKNOWN', detail };
  return { status, code: timedOut ? 'BLOSM_E_TIMEOUT' : unreachable(way), detail, retryAfterSeconds: 1 };
}

/** The request's body goes beyond what the gateway passes on. */
export function tooLong(maxBytes: number): Refusal {
  return { status: 413, code: 'BLOSM_E_INVALID_ARGUMENT', detail: `a body has at most ${maxBytes} bytes here` };
}

/** The header lines go beyond what the service takes. */
export function tooManyLines(maxBytes: number): Refusal {
  return {
    status: 431,
    code: 'BLOSM_E_INVALID_ARGUMENT',
    detail: `header lines have at most ${maxBytes} bytes for this service`,
  };
}

/** The service has as many requests as it may have at once. */
export const ALL_UNDER_WAY: Refusal = {
  status: 503,
  code: 'BLOSM_E_NO_ROOM',
  detail: 'too many requests of this service are under way already',
  retryAfterSeconds: 1,
};

function unreachable(way: Way): ErrorCode {
  return way.kind === 'serve' ? 'BLOSM_E_CONTAINER_UNHEALTHY' : 'BLOSM_E_PEER_UNREACHABLE';
}

import { BlosmError, ERRORS, isErrorCode, type ErrorCode } from '../../../chaincode/src/model';
import type { ProblemView } from '../../ports/control';

/** The HTTP status of each error code. */
export const HTTP_STATUS = {
  BLOSM_E_INVALID_ARGUMENT: 400,
  BLOSM_E_FORBIDDEN: 403,
  BLOSM_E_NOT_REGISTERED: 403,
  BLOSM_E_NOT_OWNER: 409,
  BLOSM_E_NOT_FOUND: 404,
  BLOSM_E_CONFLICT: 409,
  BLOSM_E_STALE_EPOCH: 409,
  BLOSM_E_WRONG_STATE: 409,
  BLOSM_E_MIGRATION_OPEN: 409,
  BLOSM_E_NOT_PREPARED: 409,
  BLOSM_E_NOT_OFFERED: 409,
  BLOSM_E_DIGEST_MISMATCH: 409,
  BLOSM_E_DEADLINE_PASSED: 409,
  BLOSM_E_SUSPENDED: 403,
  BLOSM_E_CORDONED: 409,
  BLOSM_E_LEASE_HELD: 409,
  BLOSM_E_MAJORITY: 409,
  BLOSM_E_OWNS_INSTANCES: 409,
  BLOSM_E_OWNER_ACTIVE: 409,
  BLOSM_E_HAS_STATE: 409,
  BLOSM_E_NODE_INACTIVE: 409,
  BLOSM_E_CLOCK_SKEW: 503,
  BLOSM_E_CORRUPT_RECORD: 500,
  BLOSM_E_LEDGER_UNREACHABLE: 503,
  BLOSM_E_LEDGER_INVALIDATED: 409,
  BLOSM_E_ENDORSEMENT_MISMATCH: 503,
  BLOSM_E_OUTCOME_UNKNOWN: 504,
  BLOSM_E_REQUEST_OUTCOME_UNKNOWN: 502,
  BLOSM_E_UNAUTHENTICATED: 401,
  BLOSM_E_TIMEOUT: 504,
  BLOSM_E_CANCELLED: 499,
  BLOSM_E_ENGINE_UNREACHABLE: 503,
  BLOSM_E_ENGINE: 502,
  BLOSM_E_IMAGE_MISMATCH: 502,
  BLOSM_E_NO_SPACE: 507,
  BLOSM_E_CONTAINER_UNHEALTHY: 502,
  BLOSM_E_REGISTRY: 502,
  BLOSM_E_PEER_UNREACHABLE: 503,
  BLOSM_E_PEER_REFUSED: 502,
  BLOSM_E_PROTOCOL_VERSION: 502,
  BLOSM_E_UNCONFIRMED: 503,
  BLOSM_E_NO_DESTINATION: 503,
  BLOSM_E_NO_ROOM: 503,
  BLOSM_E_UNSUPPORTED: 422,
  BLOSM_E_CONFIG_INVALID: 500,
  BLOSM_E_AGENT_UNREACHABLE: 503,
  BLOSM_E_AGENT_RUNNING: 409,
  BLOSM_E_JOURNAL: 500,
  BLOSM_E_PREREQUISITE: 500,
  BLOSM_E_COMMAND_FAILED: 500,
  BLOSM_E_INTERNAL: 500,
} as const satisfies Record<ErrorCode, number>;

/** An error as an answer (RFC 9457). A defect's own message stays in the log: it may hold anything. */
export function toProblem(error: unknown): ProblemView {
  const known = asBlosmError(error);
  return {
    type: `urn:blosm:error:${known.code}`,
    title: ERRORS[known.code].hint,
    status: HTTP_STATUS[known.code],
    detail: known.message,
    code: known.code,
    stage: known.stage,
    hint: known.hint,
    retryable: known.retryable,
  };
}

function asBlosmError(error: unknown): BlosmError {
  if (error instanceof BlosmError) return error;
  if (isBadBody(error)) {
    return new BlosmError('BLOSM_E_INVALID_ARGUMENT', `the body cannot be read: ${error.message}`, {
      stage: 'request',
    });
  }
  return new BlosmError('BLOSM_E_INTERNAL', 'the agent failed in a way it should not; its log says more', {
    stage: 'control',
    cause: error,
  });
}

/** What express's body reader throws carries the status that it wants. */
function isBadBody(error: unknown): error is Error & { status: number } {
  return (
    error instanceof Error &&
    'status' in error &&
    typeof error.status === 'number' &&
    error.status >= 400 &&
    error.status < 500 &&
    !isErrorCode(error.message)
  );
}

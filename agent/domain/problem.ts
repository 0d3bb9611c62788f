import { ERRORS, isErrorCode, type ErrorCode } from '../../chaincode/src/model';

/** Media type of {@link Problem} (RFC 9457). */
export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** An error as an HTTP answer (RFC 9457), with BloSM's code and what to do next as extensions. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly hint: string;
}

/** @param status HTTP status */
export function problemOf(status: number, code: string, detail: string): Problem {
  return {
    type: `urn:blosm:error:${code}`,
    title: titleOf(code),
    status,
    code,
    detail,
    hint: isErrorCode(code) ? ERRORS[code].hint : '',
  };
}

/** The HTTP status under which an error of this code goes to another program. */
export function statusOfCode(code: ErrorCode): number {
  return STATUS[code] ?? (ERRORS[code].retryable ? 503 : 409);
}

const STATUS: Partial<Record<ErrorCode, number>> = {
  BLOSM_E_INVALID_ARGUMENT: 400,
  BLOSM_E_FORBIDDEN: 403,
  BLOSM_E_NOT_REGISTERED: 403,
  BLOSM_E_NOT_OWNER: 403,
  BLOSM_E_NOT_FOUND: 404,
  BLOSM_E_UNSUPPORTED: 422,
  BLOSM_E_TIMEOUT: 504,
  BLOSM_E_PEER_UNREACHABLE: 502,
  BLOSM_E_PEER_REFUSED: 502,
  BLOSM_E_PROTOCOL_VERSION: 426,
  BLOSM_E_REQUEST_OUTCOME_UNKNOWN: 502,
  BLOSM_E_NO_SPACE: 507,
  BLOSM_E_INTERNAL: 500,
};

/** `BLOSM_E_NO_ROOM` -> `No room`. */
function titleOf(code: string): string {
  const words = code
    .replace(/^BLOSM_E_/, '')
    .replaceAll('_', ' ')
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

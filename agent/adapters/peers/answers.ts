import type { ServerResponse } from 'node:http';
import { findErrorInText, isErrorCode, type ErrorCode } from '../../../chaincode/src/model';
import { PROBLEM_MEDIA_TYPE, problemOf, statusOfCode } from '../../domain/problem';

/** Answers another agent with a problem (RFC 9457). */
export function answerProblem(response: ServerResponse, status: number, code: ErrorCode, detail: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const text = JSON.stringify(problemOf(status, code, detail));
  response.writeHead(status, { 'content-type': PROBLEM_MEDIA_TYPE, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

/** What a handler threw, as the other agent may know it; undefined: nobody foresaw it. */
export function knownFault(fault: unknown): { status: number; code: ErrorCode; detail: string } | undefined {
  if (!(fault instanceof Error)) return undefined;
  const code = 'code' in fault && typeof fault.code === 'string' && isErrorCode(fault.code) ? fault.code : undefined;
  if (code === undefined) return undefined;
  const found = findErrorInText(fault.message);
  return { status: statusOfCode(code), code, detail: found?.message ?? fault.message };
}

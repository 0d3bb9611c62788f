import type { ServerResponse } from 'node:http';
import { PROBLEM_MEDIA_TYPE, problemOf } from '../../domain/problem';
import type { RawHeaders } from './headers';

/** A refusal by the gateway itself. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly retryAfterSeconds?: number | null;
  /** More header lines. */
  readonly headers?: RawHeaders;
  /** The connection cannot be used again, e.g. because part of the body is missing. */
  readonly close?: boolean;
}

/** Answers with a problem (RFC 9457); an answer that has begun cannot be changed, so it is broken off. */
export function answerProblem(response: ServerResponse, refusal: Refusal): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const text = JSON.stringify(problemOf(refusal.status, refusal.code, refusal.detail));
  const headers = ['Content-Type', PROBLEM_MEDIA_TYPE, 'Content-Length', String(Buffer.byteLength(text))];
  headers.push('Cache-Control', 'no-store', ...(refusal.headers ?? []));
  const retryAfter = refusal.retryAfterSeconds ?? null;
  if (retryAfter !== null) headers.push('Retry-After', String(Math.max(1, Math.ceil(retryAfter))));
  if (refusal.close === true) headers.push('Connection', 'close');
  response.writeHead(refusal.status, headers);
  response.end(text);
}

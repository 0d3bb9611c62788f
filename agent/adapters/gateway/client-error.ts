import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { PROBLEM_MEDIA_TYPE, problemOf } from '../../domain/problem';
import { answerOn } from './upgrade';

/** Answers what is no HTTP at all, where no request object exists yet, and closes the connection. */
export function answerClientError(fault: NodeJS.ErrnoException, socket: Duplex): void {
  if (fault.code === 'ECONNRESET' || !socket.writable || isForAnother(socket)) {
    socket.destroy();
    return;
  }
  const status = STATUS[fault.code ?? ''] ?? 400;
  const text = JSON.stringify(problemOf(status, 'BLOSM_E_INVALID_ARGUMENT', DETAIL[status] ?? 'this is not HTTP/1.1'));
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    `Content-Type: ${PROBLEM_MEDIA_TYPE}`,
    `Content-Length: ${Buffer.byteLength(text)}`,
    'Connection: close',
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${text}`);
}

/** True when the device would read our words as the answer, or a part of it, to a request that was one. */
function isForAnother(socket: Duplex): boolean {
  const answer = answerOn(socket);
  return answer !== undefined && (answer.headersSent || answer.req.complete);
}

const STATUS: Record<string, number> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
};

const DETAIL: Record<number, string> = {
  408: 'the header lines did not come in time',
  413: 'chunk extensions are too long',
  431: 'the header lines are too long',
};

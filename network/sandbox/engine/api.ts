import { request } from 'node:http';
import { BlosmError } from '../../../chaincode/src/model';

export interface UnixCall {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is, in place of `json`. */
  readonly body?: Uint8Array;
  /** 10 000 when left out. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface UnixAnswer {
  readonly status: number;
  readonly text: string;
}

/** Calls an HTTP API behind a unix socket and reads the whole answer. Rejects when it does not answer. */
export function callSocket(socketPath: string, path: string, call: UnixCall = {}): Promise<UnixAnswer> {
  const limits = [AbortSignal.timeout(call.timeoutMs ?? 10_000), ...(call.signal === undefined ? [] : [call.signal])];
  const body = call.json === undefined ? call.body : Buffer.from(JSON.stringify(call.json));
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        socketPath,
        path,
        method: call.method ?? 'GET',
        headers: {
          'content-length': body?.length ?? 0,
          ...(call.json === undefined ? {} : { 'content-type': 'application/json' }),
          ...call.headers,
        },
        signal: AbortSignal.any(limits),
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

/**
 * Calls a Docker Engine and throws on every kind of failure, those included that come inside an answer of 200.
 * @throws BlosmError BLOSM_E_ENGINE with the engine's words, BLOSM_E_ENGINE_UNREACHABLE
 */
export async function callEngine(socketPath: string, path: string, call: UnixCall = {}): Promise<string> {
  const answer = await callSocket(socketPath, path, call).catch((cause: unknown) => {
    throw new BlosmError('BLOSM_E_ENGINE_UNREACHABLE', `${socketPath}: ${String(cause)}`, { stage: 'engine', cause });
  });
  const fault = answer.status >= 300 ? answer.text.trim() : inBandFault(path, answer.text);
  if (fault === undefined) return answer.text;
  const what = `${call.method ?? 'GET'} ${path}: ${answer.status} ${fault}`;
  throw new BlosmError('BLOSM_E_ENGINE', what, { stage: 'engine' });
}

/** Pull, push, load and build answer 200 at once and put what goes wrong later into the body. */
function inBandFault(path: string, text: string): string | undefined {
  if (!/^\/(?:images\/(?:create|load|.*\/push)|build)/.test(path)) return undefined;
  return /"error":"((?:[^"\\]|\\.)*)"/.exec(text)?.[1];
}

/** True when a Docker Engine answers on the socket. */
export async function pingEngine(socketPath: string): Promise<boolean> {
  return callSocket(socketPath, '/_ping', { timeoutMs: 2000 }).then(
    (answer) => answer.status === 200,
    () => false,
  );
}

import type { IncomingMessage } from 'node:http';
import { BlosmError } from '../../chaincode/src/model/errors';
import { joinSignals } from '../domain/join-signals';
import { describeAddress, type AgentAddress } from './agent-address';
import { wayTo } from './transport';

export interface Exchange {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** JSON; undefined: none. */
  readonly body?: unknown;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface RawAnswer {
  readonly status: number;
  readonly text: string;
}

/**
 * Asks the agent once over HTTP.
 * @throws BlosmError BLOSM_E_AGENT_UNREACHABLE, BLOSM_E_CANCELLED
 */
export async function exchange(
  address: AgentAddress,
  { method, path, body, timeoutMs, signal }: Exchange,
): Promise<RawAnswer> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers =
    text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  const begin = await wayTo(address);
  const either = joinSignals(deadline, signal);
  const answer = new Promise<RawAnswer>((resolve, reject) => {
    const fail = (error: unknown): void => {
      reject(explain(error, address, { deadline, signal, what: `${method} ${path}`, timeoutMs }));
    };
    const call = begin({ method, path, headers, signal: either.signal });
    call.on('response', (response) => {
      collect(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), fail);
    });
    call.on('error', fail);
    call.end(text);
  });
  return answer.finally(either.release);
}

/** The whole of an answer as text. */
export async function collect(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

export interface Circumstances {
  readonly deadline: AbortSignal;
  readonly signal: AbortSignal;
  readonly what: string;
  readonly timeoutMs: number;
}

const HINTS: Readonly<Record<string, string>> = {
  ENOENT: 'Start the agent (blosm agent run), or name its socket with --agent.',
  ECONNREFUSED: 'The agent that made this socket is gone; start it again: blosm agent run.',
  EACCES: "Run the command as a member of the socket's group, or as root.",
  ...Object.fromEntries(
    [
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      'SELF_SIGNED_CERT_IN_CHAIN',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'CERT_SIGNATURE_FAILURE',
    ].map((code) => [
      code,
      "What answers there is not of the authority in --agent-ca; give the agent's organisation's.",
    ]),
  ),
  ERR_TLS_CERT_ALTNAME_INVALID:
    "The agent's certificate is not for that name: use a name that it has, or give that certificate itself as --agent-ca.",
};

/** What went wrong with a request, in words. */
export function explain(
  cause: unknown,
  address: AgentAddress,
  { deadline, signal, what, timeoutMs }: Circumstances,
): BlosmError {
  const where = describeAddress(address);
  if (signal.aborted)
    return new BlosmError('BLOSM_E_CANCELLED', `${what} was interrupted`, { stage: 'request', cause });
  if (deadline.aborted) {
    return new BlosmError('BLOSM_E_AGENT_UNREACHABLE', `no answer to ${what} on ${where} within ${timeoutMs} ms`, {
      stage: 'answer',
      cause,
      hint: "Look at the agent's log, or wait longer with --timeout.",
    });
  }
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : String(cause);
  const hint = HINTS[code];
  return new BlosmError('BLOSM_E_AGENT_UNREACHABLE', `no agent answers on ${where} (${code})`, {
    stage: 'connect',
    cause,
    ...(hint === undefined ? {} : { hint }),
  });
}

import { BlosmError, isErrorCode } from '../../chaincode/src/model/errors';
import { findAgent } from './agent-address';
import { exchange, type RawAnswer } from './exchange';
import { exchangeLines } from './exchange-lines';
import type { Cli } from './io';

/**
 * How long a single request may take, in milliseconds. Longer than an agent waits for the effect of an order (30 s, and
 * what it has to ask its peer for besides): who gives up earlier never learns what has become of it.
 */
export const DEFAULT_TIMEOUT_MS = 60_000;

type Checked<T> = { readonly success: true; readonly data: T } | { readonly success: false; readonly error: unknown };

/** What an answer has to look like; every schema of zod is one. */
export interface AnswerSchema<T> {
  safeParse(value: unknown): Checked<T> | Promise<Checked<T>>;
}

/** The control API of the agent; every answer is checked against its schema. */
export interface ControlClient {
  get<T>(path: string, schema: AnswerSchema<T>): Promise<T>;
  post<T>(path: string, body: unknown, schema: AnswerSchema<T>): Promise<T>;
  /** An answer that comes line by line; the timeout is for each line. */
  lines<T>(path: string, schema: AnswerSchema<T>): AsyncIterable<T>;
}

/**
 * Finds the agent; connects with the first request. Calls fail with the code that the agent gave, with
 * BLOSM_E_AGENT_UNREACHABLE (default timeout 60 s) or BLOSM_E_CANCELLED.
 */
export async function connectAgent(
  cli: Cli,
  timeoutMs = cli.options.timeout ?? DEFAULT_TIMEOUT_MS,
): Promise<ControlClient> {
  const address = await findAgent(cli);
  const call = async <T>(method: 'GET' | 'POST', path: string, body: unknown, schema: AnswerSchema<T>): Promise<T> => {
    const startMs = performance.now();
    const answer = await exchange(address, { method, path, body, timeoutMs, signal: cli.io.signal });
    if (cli.options.verbose === true) {
      cli.io.stderr.write(`${method} ${path}: ${answer.status} in ${(performance.now() - startMs).toFixed(1)} ms\n`);
    }
    return read(answer, `${method} ${path}`, schema);
  };
  return {
    get: (path, schema) => call('GET', path, undefined, schema),
    post: (path, body, schema) => call('POST', path, body, schema),
    lines: (path, schema) =>
      readLines(exchangeLines(address, { path, timeoutMs, signal: cli.io.signal }), path, schema),
  };
}

async function* readLines<T>(
  answers: AsyncIterable<RawAnswer>,
  path: string,
  schema: AnswerSchema<T>,
): AsyncGenerator<T> {
  for await (const answer of answers) {
    const body = parse(answer.text);
    const problem = typeof body === 'object' && body !== null && 'problem' in body ? body.problem : undefined;
    // The status went out with the first line: what failed later says so in its own line.
    if (problem !== undefined) throw refusal(500, problem, `GET ${path}`);
    yield await read(answer, `GET ${path}`, schema);
  }
}

async function read<T>(answer: RawAnswer, what: string, schema: AnswerSchema<T>): Promise<T> {
  const body = parse(answer.text);
  if (answer.status >= 400) throw refusal(answer.status, body, what);
  const parsed = await schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new BlosmError('BLOSM_E_INTERNAL', `the answer to ${what} is not what this command line understands`, {
    stage: 'answer',
    cause: parsed.error,
    hint: 'Agent and command line may be of different releases; compare: blosm version.',
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Turns a problem document back into the error that the agent had. */
function refusal(status: number, body: unknown, what: string): BlosmError {
  const problem: Record<string, unknown> = typeof body === 'object' && body !== null ? { ...body } : {};
  const text = (key: string): string => (typeof problem[key] === 'string' ? problem[key] : '');
  const code = text('code');
  if (!isErrorCode(code)) {
    return new BlosmError('BLOSM_E_AGENT_UNREACHABLE', `${what} was answered with ${status}, not by a BloSM agent`, {
      stage: 'answer',
      hint: 'Check what listens there, or name the socket with --agent.',
    });
  }
  const detail = text('detail');
  const message = detail.startsWith(`${code}: `) ? detail.slice(code.length + 2) : detail;
  return new BlosmError(code, message, { stage: text('stage') || 'agent', hint: text('hint') });
}

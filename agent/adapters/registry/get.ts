import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';

const TIMEOUT_MS = 10_000;
/** Manifests are some kilobytes. */
const MAX_BYTES = 4 * 1024 * 1024;

export interface Answer {
  readonly status: number;
  /** `WWW-Authenticate`; empty: none. */
  readonly challenge: string;
  readonly text: string;
}

type Headers = Readonly<Record<string, string>>;

/**
 * Gives the text of a 200.
 * @throws Error that says what was answered instead, or why nothing was
 */
export async function getText(url: string, headers: Headers, signal: AbortSignal): Promise<string> {
  const { status, text } = await ask(url, headers, signal);
  if (status !== 200) throw new Error(`status ${status}`);
  return text;
}

/**
 * Asks once, on a connection of its own. By Node's own client: another one would stay in memory for what is asked a few
 * times a day.
 * @throws Error that says why nothing was answered
 */
export function ask(url: string, headers: Headers, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const begin = url.startsWith('https:') ? httpsRequest : httpRequest;
    const options: RequestOptions = { headers, agent: false, signal, timeout: TIMEOUT_MS };
    const call = begin(url, options, (response) => {
      const { statusCode: status = 0, headers: found } = response;
      const challenge = found['www-authenticate'] ?? '';
      readText(response).then((text) => resolve({ status, challenge, text }), reject);
    });
    call.on('timeout', () => call.destroy(new Error(`no answer in ${TIMEOUT_MS} ms`)));
    call.on('error', reject);
    call.end();
  });
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error(`the answer is longer than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

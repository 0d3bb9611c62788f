import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { RawHeaders } from './headers';
import type { RequestBody } from './request-body';

/**
 * Passes an answer on to the device. An answer that breaks off breaks the device's connection too: an end would tell
 * it that it has everything.
 * @returns what broke it off; undefined: the device has all of it
 */
export async function deliver(
  taken: { readonly answer: IncomingMessage; readonly upstream: ClientRequest },
  body: RequestBody,
  response: ServerResponse,
  headers: RawHeaders,
): Promise<Error | undefined> {
  const { answer, upstream } = taken;
  upstream.once('timeout', () => answer.destroy(new Error('the answer stalled')));
  body.forget();
  try {
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage ?? '', headers);
    // A service that sends its first line now and the rest later must not wait for the rest.
    response.flushHeaders();
    await pipeline(answer, response);
    return undefined;
  } catch (fault) {
    response.destroy();
    return fault as Error;
  } finally {
    body.discard();
    // An answer before the end of the body: the target wants no more of it, and its connection is not reusable.
    if (!upstream.writableFinished) upstream.destroy();
  }
}

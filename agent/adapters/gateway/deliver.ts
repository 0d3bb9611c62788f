import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import type { RawHeaders } from './headers';
import type { TimeLimit } from './time-limit';
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
  time: TimeLimit,
): Promise<Error | undefined> {
  const { answer, upstream } = taken;
  const cut = (): void => void answer.destroy(time.fault());
  time.signal.addEventListener('abort', cut, { once: true });
  upstream.once('timeout', () => answer.destroy(new Error('the answer stalled')));
  body.forget();
  const fault = await pass(answer, response, headers).catch((error: unknown) => error as Error);
  time.signal.removeEventListener('abort', cut);
  if (fault !== undefined) {
    answer.destroy();
    response.destroy();
  }
  body.discard();
  // An answer before the end of the body: the target wants no more of it, and its connection is not reusable.
  if (!upstream.writableFinished) upstream.destroy();
  return fault;
}

/**
 * The device's back-pressure reaches the service. By hand and not by `pipeline`, which costs more than all the rest of
 * a short request; headers leave together with the first piece when that is there already.
 */
function pass(answer: IncomingMessage, response: ServerResponse, headers: RawHeaders): Promise<Error | undefined> {
  return new Promise((resolve) => {
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage ?? '', headers);
    // A service that sends its first line now and the rest later must not wait for the rest.
    const flush = setImmediate(() => response.flushHeaders());
    const onDrain = (): void => void answer.resume();
    const settle = (fault?: Error): void => {
      clearImmediate(flush);
      response.off('drain', onDrain);
      resolve(fault);
    };
    answer
      .on('data', (piece: Buffer) => {
        if (!response.write(piece)) answer.pause();
      })
      .once('end', () => response.end())
      .once('error', settle)
      .once('close', () => {
        if (!answer.complete) settle(new Error('the answer broke off'));
      });
    response
      .on('drain', onDrain)
      .once('error', settle)
      .once('finish', () => settle())
      .once('close', () => settle(new Error('the device has gone')));
    if (response.destroyed || response.socket?.destroyed === true) settle(new Error('the device has gone'));
  });
}

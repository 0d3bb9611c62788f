import { request as httpRequest, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import type { RequestBody } from './request-body';
import type { Progress } from './resend';
import type { TimeLimit } from './time-limit';

/** Where a request goes, with everything that is said on that hop. */
export interface Outgoing {
  readonly secure: boolean;
  readonly options: RequestOptions;
  /** Until a connection stands, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** No byte in either direction for so long ends it, in milliseconds. */
  readonly idleTimeoutMs: number;
}

export interface Failure {
  readonly progress: Progress;
  readonly fault: Error;
  /** Who kept the other waiting until the time was over; undefined: it failed otherwise. */
  readonly stalled?: 'device' | 'target';
}

/** How the target took the request. With an answer the connection is still at work. */
export type Taken =
  | { readonly kind: 'answer'; readonly answer: IncomingMessage; readonly upstream: ClientRequest }
  | {
      readonly kind: 'switch';
      readonly answer: IncomingMessage;
      readonly tunnel: Duplex;
      /** Bytes of the new protocol that came with the header lines. */
      readonly head: Buffer;
    }
  | ({ readonly kind: 'failed' } & Failure);

/**
 * Sends a request to one target and waits for the header lines of its answer. The body is not touched before the
 * connection stands.
 * @param onConnected called when the first byte is about to leave
 * @param time ends it
 */
export function relay(outgoing: Outgoing, body: RequestBody, onConnected: () => void, time: TimeLimit): Promise<Taken> {
  const { signal } = time;
  return new Promise((resolve) => {
    const upstream = (outgoing.secure ? httpsRequest : httpRequest)({
      ...outgoing.options,
      timeout: outgoing.idleTimeoutMs,
    });
    let received: (() => boolean) | undefined;
    let settled = false;
    const settle = (taken: Taken): void => {
      settled = true;
      clearTimeout(connectTimer);
      signal.removeEventListener('abort', onAbort);
      resolve(taken);
    };
    const fail = (fault: Error, stalled?: 'device' | 'target'): void => {
      // By now the body may be on its way to the next target, or the answer on its way to the device.
      if (settled) return;
      body.stop();
      upstream.destroy();
      const progress = received === undefined ? 'unsent' : received() ? 'answering' : 'unanswered';
      settle({ kind: 'failed', progress, fault, ...(stalled === undefined ? {} : { stalled }) });
    };
    const staller = (): 'device' | 'target' => (body.awaited && !upstream.writableNeedDrain ? 'device' : 'target');
    const onAbort = (): void => fail(time.fault(), time.isOver && received !== undefined ? staller() : undefined);
    const connectTimer = setTimeout(
      () => fail(new Error(`no connection within ${outgoing.connectTimeoutMs} ms`)),
      outgoing.connectTimeoutMs,
    );
    signal.addEventListener('abort', onAbort);
    onceConnected(upstream, (receivedSince) => {
      clearTimeout(connectTimer);
      received = receivedSince;
      onConnected();
      upstream.flushHeaders();
      body.sendTo(upstream);
    });
    upstream.on('error', (fault) => fail(fault));
    upstream.on('timeout', () => {
      // Before the connection the timer above rules; after the answer's head its reader does.
      if (received === undefined) return;
      fail(new Error(`no byte for ${outgoing.idleTimeoutMs} ms`), staller());
    });
    upstream.once('response', (answer) => settle({ kind: 'answer', answer, upstream }));
    upstream.once('upgrade', (answer, tunnel, head) => settle({ kind: 'switch', answer, tunnel, head }));
  });
}

/** Calls back when a new or kept connection is ready, with a way to ask whether anything came back on it since. */
function onceConnected(upstream: ClientRequest, ready: (receivedSince: () => boolean) => void): void {
  upstream.once('socket', (socket) => {
    const begin = (): void => {
      if (upstream.destroyed) return;
      const before = socket.bytesRead;
      ready(() => socket.bytesRead > before);
    };
    if (socket.connecting) socket.once('connect', begin);
    else begin();
  });
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Caller } from './authenticate';
import type { TunnelEnd } from './tunnel';

/** A request as it came in, from a device or from another agent. */
export interface Incoming {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Present when the request asks for another protocol. */
  readonly upgrade?: TunnelEnd;
  /** The caller waits with the body until it is told to go on (RFC 9110, 10.1.1). */
  readonly expectsContinue: boolean;
  /** The node that handed it on; null: it came from the device itself. */
  readonly forwardedBy: string | null;
}

/** The same, once it is known which service it asks for. */
export interface DeviceExchange extends Incoming, Caller {
  readonly method: string;
  /** Path and query as the service sees them. */
  readonly path: string;
  /** Fires when the caller's connection is gone. */
  readonly gone: AbortSignal;
}

const gone = new WeakMap<Socket, AbortSignal>();

/** A signal that fires when the connection closes: one for all its requests. */
export function connectionGone({ socket }: IncomingMessage): AbortSignal {
  const known = gone.get(socket);
  if (known !== undefined) return known;
  const controller = new AbortController();
  if (socket.destroyed) controller.abort();
  else socket.once('close', () => controller.abort());
  gone.set(socket, controller.signal);
  return controller.signal;
}

import { IncomingMessage } from 'node:http';

/**
 * A device's request. Node treats every request that names `Upgrade` as an upgrade as soon as somebody listens for
 * one, and then leaves its body unread. HTTP/2 libraries (Java's, curl's) offer `Upgrade: h2c` with ordinary requests;
 * a server may ignore that (RFC 9110, 7.8), and so do we. A switch of protocols after a body is not passed on either.
 */
export class DeviceRequest extends IncomingMessage {
  // Declared only: Node's constructor writes `upgrade` before a field of this class could have an initial value.
  declare private upgradeAsked: boolean | null;

  get upgrade(): boolean | null {
    return this.upgradeAsked === true ? asksForTunnel(this) : this.upgradeAsked;
  }

  set upgrade(value: boolean | null) {
    this.upgradeAsked = value;
  }
}

function asksForTunnel(request: IncomingMessage): boolean {
  if (request.method === 'CONNECT') return true;
  const protocols = (request.headers.upgrade ?? '').split(',').map((name) => name.trim().toLowerCase());
  return !protocols.includes('h2c') && !hasBody(request);
}

/** How long the body will be as the header lines say; 0 when they do not. */
export function announcedBytes(request: IncomingMessage): number {
  return Number(request.headers['content-length'] ?? 0);
}

/** True when the header lines announce a body (RFC 9112, 6.3). */
export function hasBody(request: IncomingMessage): boolean {
  const length = request.headers['content-length'];
  return request.headers['transfer-encoding'] !== undefined || (length !== undefined && Number(length) !== 0);
}

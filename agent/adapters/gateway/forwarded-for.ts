import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { RawHeaders } from './headers';

/** What proxies say of whom they speak for. A device's own word for it counts nothing, another agent's does. */
const PROXY_HEADERS: ReadonlySet<string> = new Set([
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-real-ip',
]);

export const isProxyHeader = (name: string): boolean => PROXY_HEADERS.has(name);

/** The header lines that tell the service who asks: the address, the scheme and the host that the device used. */
export function forwardedFor({ socket, headers }: IncomingMessage): RawHeaders {
  const address = (socket.remoteAddress ?? 'unknown').replace(/^::ffff:/, '');
  const scheme = socket instanceof TLSSocket ? 'https' : 'http';
  const lines = ['X-Forwarded-For', address, 'X-Forwarded-Proto', scheme];
  return headers.host === undefined ? lines : [...lines, 'X-Forwarded-Host', headers.host];
}

import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { RawHeaders } from './headers';

/** One end of a connection that speaks another protocol after the header lines. */
export interface TunnelEnd {
  readonly socket: Duplex;
  /** Bytes of that protocol that were read with the header lines. */
  readonly head: Buffer;
}

/** Passes the switch of protocols on to the device and joins the two connections until both directions have ended. */
export async function joinTunnel(
  device: TunnelEnd,
  target: TunnelEnd,
  answer: IncomingMessage,
  headers: RawHeaders,
): Promise<void> {
  device.socket.write(switchingHead(answer, headers), 'latin1');
  if (target.head.length > 0) device.socket.write(target.head);
  if (device.head.length > 0) target.socket.write(device.head);
  // Two pipelines over the same two sockets listen a dozen times: no leak.
  for (const { socket } of [device, target]) socket.setMaxListeners(32);
  await Promise.allSettled([pipeline(device.socket, target.socket), pipeline(target.socket, device.socket)]);
  device.socket.destroy();
  target.socket.destroy();
}

function switchingHead(answer: IncomingMessage, headers: RawHeaders): string {
  const status = answer.statusCode ?? 101;
  const lines = [`HTTP/1.1 ${status} ${answer.statusMessage ?? STATUS_CODES[status] ?? ''}`];
  for (let index = 0; index + 1 < headers.length; index += 2) lines.push(`${headers[index]}: ${headers[index + 1]}`);
  lines.push('Connection: Upgrade', `Upgrade: ${answer.headers.upgrade ?? ''}`, '', '');
  return lines.join('\r\n');
}

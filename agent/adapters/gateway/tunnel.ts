import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { RawHeaders } from './headers';
import { webSocketPasses } from './web-socket-end';

/** One end of a connection that speaks another protocol after the header lines. */
export interface TunnelEnd {
  readonly socket: Duplex;
  /** Bytes of that protocol that were read with the header lines. */
  readonly head: Buffer;
}

/**
 * Passes the switch of protocols on to the device and joins the two connections until both directions have ended.
 * @param leaving fires when the instance moves: a WebSocket is closed then, what speaks another protocol is waited for
 */
export async function joinTunnel(
  device: TunnelEnd,
  target: TunnelEnd,
  answer: IncomingMessage,
  headers: RawHeaders,
  leaving?: AbortSignal,
): Promise<void> {
  device.socket.write(switchingHead(answer, headers), 'latin1');
  // Two pipelines over the same two sockets listen a dozen times: no leak.
  for (const { socket } of [device, target]) socket.setMaxListeners(32);
  const isWebSocket = answer.headers.upgrade?.toLowerCase() === 'websocket';
  if (isWebSocket && leaving !== undefined) await joinWebSocket(device, target, leaving);
  else await join(device, target);
  device.socket.destroy();
  target.socket.destroy();
}

async function join(device: TunnelEnd, target: TunnelEnd): Promise<void> {
  if (target.head.length > 0) device.socket.write(target.head);
  if (device.head.length > 0) target.socket.write(device.head);
  await Promise.allSettled([pipeline(device.socket, target.socket), pipeline(target.socket, device.socket)]);
}

async function joinWebSocket(device: TunnelEnd, target: TunnelEnd, leaving: AbortSignal): Promise<void> {
  const passes = webSocketPasses();
  const { toService, toDevice } = passes;
  if (target.head.length > 0) toDevice.write(target.head);
  if (device.head.length > 0) toService.write(device.head);
  let endWaits = (): void => undefined;
  const leave = (): void => {
    endWaits = passes.close(() => {
      device.socket.destroy();
      target.socket.destroy();
    });
  };
  leaving.addEventListener('abort', leave, { once: true });
  if (leaving.aborted) leave();
  await Promise.allSettled([
    pipeline(device.socket, toService, target.socket),
    pipeline(target.socket, toDevice, device.socket),
  ]);
  leaving.removeEventListener('abort', leave);
  endWaits();
}

function switchingHead(answer: IncomingMessage, headers: RawHeaders): string {
  const status = answer.statusCode ?? 101;
  const lines = [`HTTP/1.1 ${status} ${answer.statusMessage ?? STATUS_CODES[status] ?? ''}`];
  for (let index = 0; index + 1 < headers.length; index += 2) lines.push(`${headers[index]}: ${headers[index + 1]}`);
  lines.push('Connection: Upgrade', `Upgrade: ${answer.headers.upgrade ?? ''}`, '', '');
  return lines.join('\r\n');
}

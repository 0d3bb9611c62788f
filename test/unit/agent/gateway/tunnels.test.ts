import type { Duplex } from 'node:stream';
import { WebSocket, type CloseEvent } from 'undici';
import { acceptWebSocket, frame } from '../../../support/web-sockets';
import { eventually, mirror, RawDevice, ScriptedRouter, serveAt, Stage } from './stage';

const stage = new Stage();
afterEach(() => stage.end());

const HANDSHAKE = [
  'GET /live/ HTTP/1.1',
  'Host: a',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  '',
  '',
].join('\r\n');

async function start(
  onUpgrade: (socket: Duplex) => void,
): Promise<{ port: number; router: ScriptedRouter; servicePort: number }> {
  const service = await stage.service(mirror);
  service.server.on('upgrade', (request, socket: Duplex) => {
    socket.on('error', () => undefined);
    acceptWebSocket(request, socket);
    onUpgrade(socket);
  });
  const router = new ScriptedRouter(() => serveAt(service.port));
  const { port } = await stage.gateway(router, { idleTimeoutMs: 60 });
  return { port, router, servicePort: service.port };
}

const opened = (socket: WebSocket): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', () => reject(new Error('the WebSocket failed')));
  });

const closing = (socket: WebSocket): Promise<CloseEvent> =>
  new Promise((resolve) => socket.addEventListener('close', resolve));

describe('a WebSocket', () => {
  it('is closed with the code and the reason that the service gives', async () => {
    const { port, router } = await start((socket) => {
      const reason = Buffer.concat([Buffer.from([4001 >> 8, 4001 & 255]), Buffer.from('moved on')]);
      socket.write(frame(8, reason));
      socket.on('data', () => socket.end());
    });
    const { code, reason, wasClean } = await closing(new WebSocket(`ws://127.0.0.1:${port}/live/`));
    expect({ code, reason, wasClean }).toEqual({ code: 4001, reason: 'moved on', wasClean: true });
    await eventually(() => router.released === 1);
  });

  it('brings the device’s code and reason to the service', async () => {
    const received: Buffer[] = [];
    const { port } = await start((socket) => {
      socket.on('data', (chunk: Buffer) => {
        received.push(chunk);
        socket.end(frame(8, Buffer.from([4002 >> 8, 4002 & 255])));
      });
    });
    const socket = new WebSocket(`ws://127.0.0.1:${port}/live/`);
    await opened(socket);
    socket.close(4002, 'bye');
    await closing(socket);
    const [close] = received;
    const mask = close!.subarray(2, 6);
    const payload = Buffer.from(close!.subarray(6).map((byte, at) => byte ^ mask[at % 4]!));
    expect([payload.readUInt16BE(0), payload.subarray(2).toString()]).toEqual([4002, 'bye']);
  });

  it('may be silent for longer than a request may', async () => {
    let inside: Duplex | undefined;
    const { port, router } = await start((socket) => (inside = socket));
    const socket = new WebSocket(`ws://127.0.0.1:${port}/live/`);
    await opened(socket);
    await new Promise((resolve) => setTimeout(resolve, 400));
    const message = new Promise((resolve) => socket.addEventListener('message', (event) => resolve(event.data)));
    inside!.write(frame(1, Buffer.from('still here')));
    expect(await message).toBe('still here');
    expect(router.released).toBe(0);
    inside!.destroy();
    await closing(socket);
  });

  it('half closed goes on in the other direction', async () => {
    let inside: Duplex | undefined;
    let isEnded = false;
    const { port, router } = await start((socket) => {
      inside = socket.on('end', () => (isEnded = true)).resume();
    });
    const device = await RawDevice.connect(port);
    device.socket.write(HANDSHAKE);
    await device.until((text) => text.includes('\r\n\r\n'));
    device.socket.end();
    await eventually(() => isEnded);
    inside!.write('the rest');
    await device.until((text) => text.endsWith('the rest'));
    expect(router.released).toBe(0);
    inside!.end();
    await device.closed();
    await eventually(() => router.released === 1);
  });

  it('of an instance that moves ends with its container, and the device finds the new one by connecting again', async () => {
    let inside: Duplex | undefined;
    const old = await start((socket) => (inside = socket));
    const next = await start((socket) => socket.write(frame(1, Buffer.from('here now'))));
    const socket = new WebSocket(`ws://127.0.0.1:${old.port}/live/`);
    await opened(socket);
    old.router.route = (): ReturnType<typeof serveAt> => serveAt(next.servicePort);
    inside!.destroy();
    // Broken off, not closed: nobody has said so in the service's name.
    expect(await closing(socket)).toMatchObject({ code: 1006, wasClean: false });
    const again = new WebSocket(`ws://127.0.0.1:${old.port}/live/`);
    const message = new Promise((resolve) => again.addEventListener('message', (event) => resolve(event.data)));
    expect(await message).toBe('here now');
    again.close();
  });
});

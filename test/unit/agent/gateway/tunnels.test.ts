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

  it('that breaks off is told as such, and the device finds the next container by connecting again', async () => {
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

describe('a WebSocket of an instance that moves', () => {
  interface Scene {
    readonly port: number;
    readonly router: ScriptedRouter;
    /** The instance moves. */
    readonly leave: () => void;
    /** The service's side. */
    readonly inside: () => Duplex;
    /** What the service has received. */
    readonly received: () => Buffer;
  }

  async function begin(onData: (socket: Duplex, received: Buffer) => void = () => undefined): Promise<Scene> {
    const departure = new AbortController();
    let inside: Duplex | undefined;
    let received = Buffer.alloc(0);
    const { port, router, servicePort } = await start((socket) => {
      inside = socket;
      socket.on('data', (chunk: Buffer) => {
        received = Buffer.concat([received, chunk]);
        onData(socket, received);
      });
      socket.on('end', () => socket.end());
    });
    router.route = () => ({ ...serveAt(servicePort), leaving: departure.signal }) as ReturnType<typeof serveAt>;
    return { port, router, leave: () => departure.abort(), inside: () => inside!, received: () => received };
  }

  /** Every message, and how it was closed. */
  function listen(socket: WebSocket): { readonly texts: string[]; readonly end: Promise<CloseEvent> } {
    const texts: string[] = [];
    socket.addEventListener('message', (event) => texts.push(String(event.data)));
    return { texts, end: closing(socket) };
  }

  /** Close frames that the service has got begin so: masked, as from a client. */
  const isClosed = (received: Buffer): boolean => received.at(0) === 0x88;

  it('is closed as restarting after what the service has to say; the service is told that the device goes', async () => {
    const scene = await begin((socket, received) => {
      if (!isClosed(received)) return;
      const code = Buffer.from([1001 >> 8, 1001 & 255]);
      socket.write(Buffer.concat([frame(1, Buffer.from('last words')), frame(8, code)]));
      socket.end();
    });
    const socket = new WebSocket(`ws://127.0.0.1:${scene.port}/live/`);
    const { texts, end } = listen(socket);
    await opened(socket);
    scene.leave();
    const { code, reason, wasClean } = await end;
    expect({ code, reason, wasClean, texts }).toEqual({
      code: 1012,
      reason: 'the service moves; connect again',
      wasClean: true,
      texts: ['last words'],
    });
    const mask = scene.received().subarray(2, 6);
    const told = Buffer.from(
      scene
        .received()
        .subarray(6, 8)
        .map((byte, at) => byte ^ mask[at]!),
    );
    expect(told.readUInt16BE()).toBe(1001);
    await eventually(() => scene.router.released === 1);
  });

  it('is closed all the same when the service does not answer, and both connections with it', async () => {
    const scene = await begin();
    const socket = new WebSocket(`ws://127.0.0.1:${scene.port}/live/`);
    const { end } = listen(socket);
    await opened(socket);
    scene.leave();
    expect(await end).toMatchObject({ code: 1012, wasClean: true });
    await eventually(() => scene.inside().destroyed && scene.router.released === 1);
  });

  it('is closed when it has ended by itself meanwhile without saying so', async () => {
    const scene = await begin((socket, received) => isClosed(received) && socket.end());
    const socket = new WebSocket(`ws://127.0.0.1:${scene.port}/live/`);
    const { end } = listen(socket);
    await opened(socket);
    scene.leave();
    expect(await end).toMatchObject({ code: 1012, wasClean: true });
  });

  it('is closed between two messages, in both directions', async () => {
    const scene = await begin();
    const device = await RawDevice.connect(scene.port);
    device.socket.write(HANDSHAKE);
    await device.until((text) => text.includes('\r\n\r\n'));
    const fromDevice = Buffer.concat([Buffer.from([0x82, 0x80 | 100, 0, 0, 0, 0]), Buffer.alloc(100, 'd')]);
    const fromService = frame(2, Buffer.alloc(70_000, 's'));
    device.socket.write(fromDevice.subarray(0, 50));
    scene.inside().write(fromService.subarray(0, 60_000));
    await device.until((text) => text.endsWith('sss'));
    await eventually(() => scene.received().length === 50);
    scene.leave();
    device.socket.write(fromDevice.subarray(50));
    scene.inside().write(fromService.subarray(60_000));
    scene.inside().write(frame(8, Buffer.from([1001 >> 8, 1001 & 255])));
    const text = await device.until((seen) => seen.endsWith('connect again'));
    expect(text.split('s'.repeat(70_000))).toHaveLength(2);
    await eventually(() => scene.received().length > fromDevice.length);
    expect(scene.received().subarray(0, fromDevice.length)).toEqual(fromDevice);
    expect(isClosed(scene.received().subarray(fromDevice.length))).toBe(true);
    device.socket.end();
    await device.closed();
    await eventually(() => scene.router.released === 1);
  });

  it('that is opened in that very moment is closed at once', async () => {
    const scene = await begin();
    scene.leave();
    const { end } = listen(new WebSocket(`ws://127.0.0.1:${scene.port}/live/`));
    expect(await end).toMatchObject({ code: 1012 });
  });

  it('and nothing moves, passes whole messages of any length in both directions', async () => {
    const scene = await begin();
    const socket = new WebSocket(`ws://127.0.0.1:${scene.port}/live/`);
    const { texts, end } = listen(socket);
    await opened(socket);
    const lengths = [0, 1, 125, 126, 65_535, 65_536, 300_000];
    for (const length of lengths) scene.inside().write(longFrame('x'.repeat(length)));
    for (const length of lengths) socket.send('y'.repeat(length));
    await eventually(() => texts.length === lengths.length);
    expect(texts.map((text) => text.length)).toEqual(lengths);
    const headers = lengths.map((length) => 6 + (length < 126 ? 0 : length < 65_536 ? 2 : 8));
    const bytes = [...lengths, ...headers].reduce((sum, one) => sum + one, 0);
    await eventually(() => scene.received().length === bytes);
    scene.inside().end(frame(8, Buffer.from([1000 >> 8, 1000 & 255])));
    expect(await end).toMatchObject({ code: 1000 });
  });
});

/** With a length of two bytes where that is enough, which `frame` does not use. */
function longFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  if (payload.length < 126 || payload.length > 65_535) return frame(1, payload);
  return Buffer.concat([Buffer.from([0x81, 126, payload.length >> 8, payload.length & 255]), payload]);
}

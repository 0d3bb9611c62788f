import type { Duplex } from 'node:stream';
import { acceptWebSocket } from '../../../support/web-sockets';
import { eventually, forwardTo, mirror, RawDevice, ScriptedRouter, serveAt, Stage } from './stage';

const stage = new Stage();
afterEach(() => stage.end());

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
const upgrade = (path: string): string =>
  [
    `GET ${path} HTTP/1.1`,
    'Host: a',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    '',
    '',
  ].join('\r\n');

/** As another agent hands it on. */
const handedOn = (request: string): string => request.replace('Host: a', 'Host: a\r\nx-blosm-forward-reason: owner');

const BIG_BYTES = 8 * 1024 * 1024;

/** A service that speaks WebSocket, and sends what the socket buffers on the way cannot hold. */
async function startService(): Promise<number> {
  const { server, port } = await stage.service((request, response) => {
    if (request.url === '/big') response.end(Buffer.alloc(BIG_BYTES, 'x'));
    else mirror(request, response);
  });
  server.on('upgrade', (request, socket: Duplex) => {
    socket.on('error', () => undefined);
    acceptWebSocket(request, socket);
    socket.resume().end('over');
  });
  return port;
}

describe('an upgrade in the same segment as the requests before it', () => {
  it('waits until they are answered', async () => {
    const port = await startService();
    let open: (() => void) | undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    const router = new ScriptedRouter(async () => {
      await opened;
      return serveAt(port);
    });
    const gateway = await stage.gateway(router);
    const device = await RawDevice.connect(gateway.port);
    device.socket.write(get('/s/1') + get('/s/2') + upgrade('/s/3'));
    await eventually(() => router.decisions === 1);
    open?.();
    const text = await device.closed();
    expect(text).toMatch(/^HTTP\/1.1 200 .*"url":"\/1".*HTTP\/1.1 200 .*"url":"\/2".*HTTP\/1.1 101 .*\r\n\r\nover$/s);
    await eventually(() => router.released === 3);
  });

  it('waits while a long answer is on its way, whole', async () => {
    const port = await startService();
    const gateway = await stage.gateway(new ScriptedRouter(() => serveAt(port)));
    const device = await RawDevice.connect(gateway.port);
    device.socket.write(get('/s/big') + upgrade('/s/3'));
    const text = await device.closed();
    const [, body, switched] = text.split('\r\n\r\n');
    expect(body?.indexOf('HTTP/1.1 101 ')).toBe(BIG_BYTES);
    expect(switched).toBe('over');
  });

  it('is refused in its turn', async () => {
    const gateway = await stage.gateway(new ScriptedRouter(() => serveAt(1)));
    const device = await RawDevice.connect(gateway.port);
    device.socket.write(get('/') + upgrade('/'));
    expect(await device.closed()).toMatch(/^HTTP\/1.1 404 .*BLOSM_E_NOT_FOUND.*HTTP\/1.1 404 .*BLOSM_E_NOT_FOUND/s);
  });

  it('is let go with its connection while it waits', async () => {
    const router = new ScriptedRouter(() => new Promise(() => undefined));
    const gateway = await stage.gateway(router);
    const device = await RawDevice.connect(gateway.port);
    device.socket.write(get('/s/1') + upgrade('/s/2'));
    await eventually(() => router.decisions === 1);
    device.socket.resetAndDestroy();
    await eventually(() => router.signals[0]?.aborted === true);
    expect(router.decisions).toBe(1);
  });

  it('does nothing worse at the entry for other agents', async () => {
    const port = await startService();
    const edge1 = await stage.agent('Edge1MSP', new ScriptedRouter(() => forwardTo('Edge2MSP')));
    const edge2 = await stage.agent('Edge2MSP', new ScriptedRouter(() => serveAt(port)));
    const peer = await RawDevice.connectByTls(edge2.peerPort, edge1.certificate);
    peer.socket.write(handedOn(get('/peer/v1/forward/s/1')) + handedOn(upgrade('/peer/v1/forward/s/2')));
    const text = await peer.closed();
    expect(text).toMatch(/^HTTP\/1.1 200 .*"url":"\/1".*HTTP\/1.1 101 .*over$/s);
  });
});

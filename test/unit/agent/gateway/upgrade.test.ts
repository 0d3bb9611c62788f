import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocket } from 'undici';
import { acceptWebSocket, frame } from '../../../support/web-sockets';
import { eventually, forwardTo, mirror, RawDevice, ScriptedRouter, serveAt, Stage } from './stage';

const stage = new Stage();
afterEach(() => stage.end());

/** Enough of a WebSocket server (RFC 6455) to send back what it gets. */
function echoWebSockets(server: Server, paths: string[] = []): void {
  server.on('upgrade', (request, socket: Duplex, head: Buffer) => {
    paths.push(request.url!);
    acceptWebSocket(request, socket);
    let pending = head;
    const take = (): void => {
      for (let found = readFrame(pending); found !== undefined; found = readFrame(pending)) {
        pending = pending.subarray(found.sizeBytes);
        socket.write(frame(found.opcode, found.payload));
        if (found.opcode === 8) socket.end();
      }
    };
    socket
      .on('error', () => undefined)
      .on('data', (chunk: Buffer) => {
        pending = Buffer.concat([pending, chunk]);
        take();
      });
    take();
  });
}

function readFrame(data: Buffer): { opcode: number; payload: Buffer; sizeBytes: number } | undefined {
  if (data.length < 2) return undefined;
  const short = data[1]! & 127;
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const start = 2 + lengthBytes + 4;
  if (data.length < start) return undefined;
  const length = lengthBytes === 0 ? short : Number(BigInt(`0x${data.subarray(2, 2 + lengthBytes).toString('hex')}`));
  if (data.length < start + length) return undefined;
  const mask = data.subarray(start - 4, start);
  const payload = Buffer.from(data.subarray(start, start + length).map((byte, at) => byte ^ mask[at % 4]!));
  return { opcode: data[0]! & 15, payload, sizeBytes: start + length };
}

async function echo(url: string, texts: string[]): Promise<string[]> {
  const socket = new WebSocket(url);
  const got: string[] = [];
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => texts.forEach((text) => socket.send(text)));
    socket.addEventListener('error', () => reject(new Error('the WebSocket failed')));
    socket.addEventListener('message', (event) => {
      got.push(String(event.data));
      if (got.length === texts.length) socket.close();
    });
    socket.addEventListener('close', () => resolve());
  });
  return got;
}

const TEXTS = ['hello', 'x'.repeat(200_000), 'bye'];

describe('WebSocket', () => {
  it('passes through a gateway, and the way is released when it ends', async () => {
    const service = await stage.service(mirror);
    const paths: string[] = [];
    echoWebSockets(service.server, paths);
    const router = new ScriptedRouter(() => serveAt(service.port, { newToken: 'ins-1.t' }));
    const gateway = await stage.gateway(router);
    expect(await echo(`ws://127.0.0.1:${gateway.port}/live/feed?x=1`, TEXTS)).toEqual(TEXTS);
    expect(paths).toEqual(['/feed?x=1']);
    await eventually(() => router.released === 1);
    expect(router.releases).toEqual([1]);
  });

  it('passes through two agents', async () => {
    const service = await stage.service(mirror);
    echoWebSockets(service.server);
    const first = new ScriptedRouter(() => forwardTo('Edge2MSP'));
    const second = new ScriptedRouter(() => serveAt(service.port));
    const edge1 = await stage.agent('Edge1MSP', first);
    await stage.agent('Edge2MSP', second);
    expect(await echo(`ws://127.0.0.1:${edge1.gateway.port}/live/`, TEXTS)).toEqual(TEXTS);
    await eventually(() => first.released === 1 && second.released === 1);
    expect(second.asked[0]).toMatchObject({ forwardedBy: 'Edge1MSP' });
  });

  it('tells the device its token with the switch', async () => {
    const service = await stage.service(mirror);
    echoWebSockets(service.server);
    const gateway = await stage.gateway(new ScriptedRouter(() => serveAt(service.port, { newToken: 'ins-1.t' })));
    const device = await RawDevice.connect(gateway.port);
    device.socket.write(HANDSHAKE);
    const text = await device.until((received) => received.includes('\r\n\r\n'));
    expect(text).toMatch(/^HTTP\/1.1 101 Switching Protocols\r\n/);
    expect(text).toMatch(/x-blosm-token: ins-1.t\r\n.*Set-Cookie: blosm_token_live=ins-1.t/is);
    device.socket.destroy();
  });

  it('is refused as any request is', async () => {
    const refusal = {
      kind: 'refuse',
      status: 401,
      code: 'BLOSM_E_FORBIDDEN',
      reason: 'no',
      retryAfterSeconds: null,
    } as const;
    const gateway = await stage.gateway(new ScriptedRouter(() => refusal));
    const device = await RawDevice.connect(gateway.port);
    device.socket.write(HANDSHAKE);
    expect(await device.closed()).toMatch(/^HTTP\/1.1 401 .*BLOSM_E_FORBIDDEN/s);
  });

  it('is refused for good: the connection goes though the device keeps its side open', async () => {
    const router = new ScriptedRouter(() => serveAt(1));
    const gateway = await stage.gateway(router, { maxConnectionsPerAddress: 1 });
    const device = connect({ port: gateway.port, host: '127.0.0.1', allowHalfOpen: true });
    stage.onEnd(() => device.destroy());
    device.on('error', () => undefined).write(HANDSHAKE.replace('/live/', '/'));
    await once(device.resume(), 'end');
    let answer = '';
    const deadline = Date.now() + 4000;
    while (answer === '' && Date.now() < deadline) {
      const next = await RawDevice.connect(gateway.port);
      next.socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
      answer = await next.closed();
    }
    expect(answer).toMatch(/^HTTP\/1.1 404 /);
  });

  it('that the service does not speak gets the service’s ordinary answer', async () => {
    const service = await stage.service((_request, response) => void response.writeHead(426).end('speak HTTP'));
    const router = new ScriptedRouter(() => serveAt(service.port));
    const gateway = await stage.gateway(router);
    const device = await RawDevice.connect(gateway.port);
    device.socket.write(HANDSHAKE);
    expect(await device.closed()).toMatch(/^HTTP\/1.1 426 .*speak HTTP/s);
    await eventually(() => router.released === 1);
  });

  it.each(['device', 'service'])('ends on both sides when the %s vanishes', async (who) => {
    const service = await stage.service(mirror);
    let inside: Duplex | undefined;
    let insideClosed = false;
    service.server.on('upgrade', (_request, socket: Duplex) => {
      inside = socket
        .on('error', () => undefined)
        .on('end', () => socket.end())
        .on('close', () => (insideClosed = true))
        .resume();
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
    });
    const router = new ScriptedRouter(() => serveAt(service.port));
    const gateway = await stage.gateway(router);
    const device = await RawDevice.connect(gateway.port);
    device.socket.write(HANDSHAKE);
    await device.until((text) => text.includes('\r\n\r\n'));
    if (who === 'device') device.socket.resetAndDestroy();
    else inside!.destroy();
    await eventually(() => insideClosed && device.ended && router.released === 1);
    expect(router.releases).toEqual([1]);
  });
});

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

describe('an offer of HTTP/2', () => {
  it('is left aside: the request is served as it is, body and all, and the connection stays', async () => {
    const service = await stage.service(mirror);
    const gateway = await stage.gateway(new ScriptedRouter(() => serveAt(service.port)));
    const device = await RawDevice.connect(gateway.port);
    const offer = 'Host: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n';
    device.socket.write(`POST /live/1 HTTP/1.1\r\n${offer}Content-Length: 3\r\n\r\nabc`);
    const text = await device.until((received) => received.includes('"body":"abc"'));
    expect(text).toMatch(/^HTTP\/1.1 200 /);
    expect(text).not.toMatch(/h2c|http2-settings/i);
    device.socket.write(`GET /live/2 HTTP/1.1\r\n${offer}\r\n`);
    await device.until((received) => received.includes('"url":"/2"'));
    device.socket.write('GET /live/3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(await device.closed()).toContain('"url":"/3"');
  });
});

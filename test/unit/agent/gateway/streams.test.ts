import { createHash } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { eventually, RawDevice, ScriptedRouter, serveAt, Stage } from './stage';

const stage = new Stage();
afterEach(() => stage.end());

const PIECE = Buffer.alloc(64 * 1024, 'blosm');
const MEBIBYTE = 1024 * 1024;

/** So many bytes, piece by piece. */
function pieces(sizeBytes: number): Readable {
  return Readable.from(
    (function* () {
      for (let sent = 0; sent < sizeBytes; sent += PIECE.length) yield PIECE;
    })(),
  );
}

async function digest(message: IncomingMessage): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(message, hash);
  return hash.digest('hex');
}

describe('bodies of any size', () => {
  it('100 MB go through both ways at once in bounded memory', async () => {
    const service = await stage.service((request, response) => void pipeline(request, response).catch(() => undefined));
    const router = new ScriptedRouter(() => serveAt(service.port));
    const gateway = await stage.gateway(router);
    const before = process.memoryUsage().rss;
    let peak = before;
    const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 20);
    const sizeBytes = 100 * MEBIBYTE;
    const request = httpRequest(`${gateway.url}/echo/`, { method: 'POST', headers: { 'idempotency-key': 'k' } });
    const answered = once(request, 'response') as Promise<[IncomingMessage]>;
    const sending = pipeline(pieces(sizeBytes), request);
    const [answer] = await answered;
    const got = await digest(answer);
    await sending;
    clearInterval(watch);
    const expected = createHash('sha256');
    await pipeline(pieces(sizeBytes), expected);
    expect(got).toBe(expected.digest('hex'));
    // The body alone is 100 MB, each way: held anywhere, it would show.
    expect(peak - before).toBeLessThan(80 * MEBIBYTE);
    expect(router.releases).toEqual([1]);
  }, 30_000);

  it('a service that does not read stops the device, one that reads lets it go on', async () => {
    let take: (() => void) | undefined;
    const service = await stage.service((request, response) => {
      request.pause();
      take = () => void digest(request).then((hash) => response.end(hash));
    });
    const gateway = await stage.gateway(new ScriptedRouter(() => serveAt(service.port)));
    let sent = 0;
    const body = pieces(64 * MEBIBYTE).on('data', (piece: Buffer) => (sent += piece.length));
    body.pause();
    const request = httpRequest(`${gateway.url}/echo/`, { method: 'PUT' });
    const answered = once(request, 'response') as Promise<[IncomingMessage]>;
    const sending = pipeline(body, request);
    await eventually(() => take !== undefined);
    let last = -1;
    while (sent !== last) {
      last = sent;
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    expect(sent).toBeLessThan(32 * MEBIBYTE);
    take!();
    await sending;
    const [answer] = await answered;
    expect(answer.statusCode).toBe(200);
    answer.resume();
    expect(sent).toBe(64 * MEBIBYTE);
  }, 30_000);

  it('a device that does not read stops the service', async () => {
    let sent = 0;
    const service = await stage.service((_request, response) => {
      const body = pieces(64 * MEBIBYTE).on('data', (piece: Buffer) => (sent += piece.length));
      body.pause();
      void pipeline(body, response).catch(() => undefined);
    });
    const router = new ScriptedRouter(() => serveAt(service.port));
    const gateway = await stage.gateway(router);
    const device = await RawDevice.connect(gateway.port);
    device.socket.pause();
    device.socket.write('GET /echo/ HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually(() => sent > 0);
    let last = -1;
    while (sent !== last) {
      last = sent;
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    expect(sent).toBeLessThan(32 * MEBIBYTE);
    expect(router.released).toBe(0);
    device.socket.destroy();
    await eventually(() => router.released === 1);
  }, 30_000);

  it('an answer before the end of the body reaches the device, and the connection stays', async () => {
    const service = await stage.service((_request, response) => void response.writeHead(413).end('too much'));
    const router = new ScriptedRouter(() => serveAt(service.port));
    const gateway = await stage.gateway(router);
    const device = await RawDevice.connect(gateway.port);
    device.socket.write('POST /echo/ HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nabc');
    await device.until((text) => text.includes('too much'));
    await eventually(() => router.released === 1);
    device.socket.write(Buffer.alloc(1_000_000 - 3));
    device.socket.write('GET /echo/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect((await device.closed()).match(/too much/g)).toHaveLength(2);
    expect(router.releases).toEqual([1, 1]);
  });
});

describe('devices that vanish', () => {
  it('in the middle of a body end the service’s request too', async () => {
    let aborted = false;
    const service = await stage.service((request) => {
      request.on('error', () => (aborted = true)).resume();
    });
    const router = new ScriptedRouter(() => serveAt(service.port));
    const gateway = await stage.gateway(router);
    const device = await RawDevice.connect(gateway.port);
    device.socket.write('POST /echo/ HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc');
    await eventually(() => router.decisions === 1);
    device.socket.destroy();
    await eventually(() => aborted && router.released === 1);
    expect(router.releases).toEqual([1]);
    expect(router.decisions).toBe(1);
  });

  it('in the middle of the answer end it', async () => {
    let closed = false;
    const service = await stage.service((_request, response) => {
      response.on('close', () => (closed = true)).write('first');
    });
    const router = new ScriptedRouter(() => serveAt(service.port));
    const gateway = await stage.gateway(router);
    const device = await RawDevice.connect(gateway.port);
    device.socket.write('GET /echo/ HTTP/1.1\r\nHost: a\r\n\r\n');
    await device.until((text) => text.includes('first'));
    device.socket.destroy();
    await eventually(() => closed && router.released === 1);
    expect(router.releases).toEqual([1]);
  });

  it('while the Router decides tell it so, and what it decided is given back', async () => {
    let decided: (() => void) | undefined;
    const service = await stage.service(() => {
      throw new Error('never reached');
    });
    const router = new ScriptedRouter(async () => {
      await new Promise<void>((resolve) => (decided = resolve));
      return serveAt(service.port);
    });
    const gateway = await stage.gateway(router);
    const device = await RawDevice.connect(gateway.port);
    device.socket.write('GET /echo/ HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually(() => decided !== undefined);
    device.socket.destroy();
    await eventually(() => router.signals[0]!.aborted);
    decided!();
    await eventually(() => router.released === 1);
    expect(router.releases).toEqual([1]);
  });
});

describe('one connection', () => {
  it('carries one request after another, and pipelined ones in their order, one at a time', async () => {
    let atOnce = 0;
    let most = 0;
    const service = await stage.service((request, response) => {
      most = Math.max(most, (atOnce += 1));
      const delayMs = request.url === '/1' ? 30 : 0;
      setTimeout(() => {
        atOnce -= 1;
        response.end(`<${request.method} ${request.url}>`);
      }, delayMs);
      request.resume();
    });
    const router = new ScriptedRouter(() => serveAt(service.port));
    const gateway = await stage.gateway(router);
    const device = await RawDevice.connect(gateway.port);
    device.socket.write(
      [
        'GET /s/1 HTTP/1.1\r\nHost: a\r\n\r\n',
        'POST /s/2 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab',
        'GET /s/3 HTTP/1.1\r\nHost: a\r\n\r\n',
      ].join(''),
    );
    await device.until((text) => text.includes('/3>'));
    device.socket.write('GET /s/4 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect((await device.closed()).match(/<[^>]*>/g)).toEqual(['<GET /1>', '<POST /2>', '<GET /3>', '<GET /4>']);
    expect(most).toBe(1);
    expect(router.releases).toEqual([1, 1, 1, 1]);
  });

  it('that goes with requests in the queue starts none of them', async () => {
    const service = await stage.service(() => undefined);
    const router = new ScriptedRouter(() => serveAt(service.port));
    const gateway = await stage.gateway(router);
    const device = await RawDevice.connect(gateway.port);
    device.socket.write('GET /s/1 HTTP/1.1\r\nHost: a\r\n\r\nGET /s/2 HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually(() => router.decisions === 1);
    device.socket.destroy();
    await eventually(() => router.released === 1);
    expect(router.decisions).toBe(1);
  });

  it('to the container is used again', async () => {
    let connections = 0;
    const service = await stage.service((_request, response) => response.end());
    service.server.on('connection', () => (connections += 1));
    const gateway = await stage.gateway(new ScriptedRouter(() => serveAt(service.port)));
    for (let turn = 0; turn < 5; turn += 1) await (await fetch(`${gateway.url}/s/`)).text();
    expect(connections).toBe(1);
  });
});

describe('Expect: 100-continue', () => {
  const HEAD = 'POST /s/ HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n';

  it('is answered when the request is about to be served', async () => {
    const service = await stage.service((request, response) => {
      request.on('data', (chunk: Buffer) => response.write(`<${chunk.toString()}>`)).on('end', () => response.end());
    });
    const gateway = await stage.gateway(new ScriptedRouter(() => serveAt(service.port)));
    const device = await RawDevice.connect(gateway.port);
    device.socket.write(`${HEAD}Connection: close\r\n\r\n`);
    expect(await device.until((text) => text.includes('\r\n\r\n'))).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    device.socket.write('abc');
    expect(await device.closed()).toMatch(/<abc>/);
  });

  it('is refused without the body, and the connection ends', async () => {
    const refusal = {
      kind: 'refuse',
      status: 503,
      code: 'BLOSM_E_NO_ROOM',
      reason: 'full',
      retryAfterSeconds: null,
    } as const;
    const gateway = await stage.gateway(new ScriptedRouter(() => refusal));
    const device = await RawDevice.connect(gateway.port);
    device.socket.write(`${HEAD}\r\n`);
    expect(await device.closed()).toMatch(/^HTTP\/1.1 503 /);
  });
});

describe('close', () => {
  it('lets a request end, then takes no more', async () => {
    let finish: (() => void) | undefined;
    const service = await stage.service((_request, response) => {
      finish = () => response.end('whole');
    });
    const gateway = await stage.gateway(new ScriptedRouter(() => serveAt(service.port)), { closeGraceMs: 3000 });
    const answering = fetch(`${gateway.url}/s/`);
    await eventually(() => finish !== undefined);
    const closing = gateway.close();
    finish!();
    expect(await (await answering).text()).toBe('whole');
    await closing;
    await expect(fetch(`${gateway.url}/s/`)).rejects.toThrow();
  });
});

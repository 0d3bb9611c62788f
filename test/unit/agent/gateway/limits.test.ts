import { connect } from 'node:net';
import { once } from 'node:events';
import { DEFAULT_LIMITS, lastResortMs } from '../../../../agent/adapters/gateway/limits';
import { codeOf, eventually, mirror, RawDevice, ScriptedRouter, serveAt, Stage } from './stage';

const stage = new Stage();
afterEach(() => stage.end());

type Limits = Parameters<Stage['gateway']>[1];

async function start(limits: Limits): Promise<{ port: number; url: string; router: ScriptedRouter }> {
  const service = await stage.service(mirror);
  const router = new ScriptedRouter(() => serveAt(service.port));
  const { port, url } = await stage.gateway(router, limits);
  return { port, url, router };
}

describe('the last resort', () => {
  it('comes later than a request may be held, each time that it may', () => {
    const limits = { ...DEFAULT_LIMITS, idleTimeoutMs: 700, holdMs: 600_000 };
    expect(lastResortMs(limits)).toBeGreaterThan(6 * limits.holdMs + 3 * limits.idleTimeoutMs);
  });
});

describe('connections', () => {
  it.each([
    ['of all devices', { maxConnections: 2 }],
    ['from one address', { maxConnectionsPerAddress: 2 }],
  ])('%s are bounded: who comes beyond is closed, and let in when another one goes', async (_what, limits) => {
    const { port } = await start(limits);
    const inside = [await RawDevice.connect(port), await RawDevice.connect(port)];
    for (const device of inside) {
      device.socket.write('GET /s/ HTTP/1.1\r\nHost: a\r\n\r\n');
      await device.until((text) => text.includes('200 OK'));
    }
    const refused = connect(port, '127.0.0.1').on('error', () => undefined);
    await once(refused, 'close');
    inside[0]!.socket.destroy();
    let answer = '';
    while (!answer.includes('200 OK')) {
      const next = await RawDevice.connect(port);
      next.socket.write('GET /s/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
      answer = await next.closed();
    }
  });

  it('end when nothing more is asked', async () => {
    const { port } = await start({ keepAliveTimeoutMs: 20, headersTimeoutMs: 40 });
    const device = await RawDevice.connect(port);
    device.socket.write('GET /s/ HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await device.closed()).toContain('200 OK');
  });
});

describe('slow devices', () => {
  it('that trickle header lines are cut off, whatever they send in between', async () => {
    const { port, router } = await start({ headersTimeoutMs: 200 });
    const device = await RawDevice.connect(port);
    device.socket.write('GET /s/ HTTP/1.1\r\nHost: a\r\n');
    const trickle = setInterval(() => device.socket.write('X-More: 1\r\n'), 20);
    expect(await device.closed()).toMatch(/^HTTP\/1.1 408 .*BLOSM_E_INVALID_ARGUMENT/s);
    clearInterval(trickle);
    expect(router.asked).toEqual([]);
  });

  it('that say nothing at all are cut off', async () => {
    const { port } = await start({ headersTimeoutMs: 200 });
    const device = await RawDevice.connect(port);
    await device.closed();
  });

  it('that trickle a body are waited for: a link may be slow', async () => {
    const { port, router } = await start({ idleTimeoutMs: 400 });
    const device = await RawDevice.connect(port);
    device.socket.write('POST /s/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 20\r\n\r\n');
    let left = 20;
    const trickle = setInterval(() => (left-- > 0 ? device.socket.write('x') : undefined), 50);
    expect(await device.closed()).toContain(`"body":"${'x'.repeat(20)}"`);
    clearInterval(trickle);
    expect(router.releases).toEqual([1]);
  });

  it('that stop reading are cut off, and the service is let go', async () => {
    let closed = false;
    const service = await stage.service((_request, response) => {
      response.on('close', () => (closed = true));
      response.write(Buffer.alloc(32 * 1024 * 1024));
    });
    const router = new ScriptedRouter(() => serveAt(service.port));
    const { port } = await stage.gateway(router, { idleTimeoutMs: 200 });
    const device = await RawDevice.connect(port);
    device.socket.pause();
    device.socket.write('GET /s/ HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually(() => closed && router.released === 1);
    expect(router.releases).toEqual([1]);
  });
});

describe('a body', () => {
  it('announced as too long is refused before anybody is asked', async () => {
    const { url, router } = await start({ maxBodyBytes: 1000 });
    const answer = await fetch(`${url}/s/`, { method: 'POST', body: 'x'.repeat(1001) });
    expect([answer.status, await codeOf(answer)]).toEqual([413, 'BLOSM_E_INVALID_ARGUMENT']);
    expect(router.asked).toEqual([]);
    expect((await fetch(`${url}/s/`, { method: 'POST', body: 'x'.repeat(1000) })).status).toBe(200);
  });

  it('that turns out to be too long is broken off, also where it may be repeated', async () => {
    const { port, router } = await start({ maxBodyBytes: 1000 });
    for (const line of ['', 'Idempotency-Key: 1\r\n']) {
      const device = await RawDevice.connect(port);
      device.socket.write(`POST /s/ HTTP/1.1\r\nHost: a\r\n${line}Transfer-Encoding: chunked\r\n\r\n`);
      for (let turn = 0; turn < 3; turn += 1) device.socket.write(`190\r\n${'x'.repeat(400)}\r\n`);
      expect(await device.closed()).toMatch(/^HTTP\/1.1 413 /);
    }
    expect(router.releases).toEqual([1, 1]);
  });
});

describe('requests that wait for their instance', () => {
  it('are bounded in number: 503 with Retry-After beyond it; their bodies wait at the devices', async () => {
    const service = await stage.service(mirror);
    let open: (() => void) | undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    const router = new ScriptedRouter(async () => {
      await opened;
      return serveAt(service.port);
    });
    const { port, url } = await stage.gateway(router, { maxHeldRequests: 3 });
    const sizeBytes = 8 * 1024 * 1024;
    const held = [1, 2, 3].map(async () => {
      const device = await RawDevice.connect(port);
      device.socket.write(`POST /s/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${sizeBytes}\r\n\r\n`);
      device.socket.write(Buffer.alloc(sizeBytes, 'x'));
      return device;
    });
    const devices = await Promise.all(held);
    await eventually(() => router.decisions === 3);
    const beyond = await fetch(`${url}/s/`);
    expect([beyond.status, beyond.headers.get('retry-after'), await codeOf(beyond)]).toEqual([
      503,
      '1',
      'BLOSM_E_NO_ROOM',
    ]);
    // Most of each body has not even left its device.
    for (const { socket } of devices) expect(socket.writableLength).toBeGreaterThan(0);
    open!();
    for (const device of devices) expect(await device.closed()).toMatch(/^HTTP\/1.1 200 /);
    expect((await fetch(`${url}/s/`)).status).toBe(200);
  });
});

import { createServer, type AddressInfo } from 'node:net';
import type { RequestListener } from 'node:http';
import type { GatewayLimits, ServiceLimits } from '../../../../agent/adapters/gateway';
import { codeOf, eventually, forwardTo, mirror, RawDevice, readAll, ScriptedRouter, serveAt, Stage } from './stage';

const stage = new Stage();
afterEach(() => stage.end());

/** A gateway where the service `s` has limits of its own and `t` has none. */
async function start(own: ServiceLimits, limits: Partial<GatewayLimits> = {}, listener: RequestListener = mirror) {
  const service = await stage.service(listener);
  const router = new ScriptedRouter(() => serveAt(service.port));
  const { port, url } = await stage.gateway(router, limits, { services: new Map([['s', own]]) });
  return { port, url, router, service };
}

const post = (url: string, sizeBytes: number, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'POST', body: 'x'.repeat(sizeBytes), headers });

describe("a service's own limit on bodies", () => {
  it('holds for it alone, announced or not, with the answer of the gateway', async () => {
    const { port, url, router } = await start({ maxBodyBytes: 1000 });
    const answer = await post(`${url}/s/`, 1001);
    expect([answer.status, await codeOf(answer)]).toEqual([413, 'BLOSM_E_INVALID_ARGUMENT']);
    expect(router.asked).toEqual([]);
    expect((await post(`${url}/s/`, 1000)).status).toBe(200);
    expect((await post(`${url}/t/`, 1001)).status).toBe(200);
    const device = await RawDevice.connect(port);
    device.socket.write('POST /s/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
    for (let turn = 0; turn < 3; turn += 1) device.socket.write(`190\r\n${'x'.repeat(400)}\r\n`);
    expect(await device.closed()).toMatch(/^HTTP\/1.1 413 .*a body has at most 1000 bytes here/s);
  });

  it('may be wider than that of all others', async () => {
    const { url } = await start({ maxBodyBytes: Infinity }, { maxBodyBytes: 1000 });
    expect((await post(`${url}/s/`, 1001)).status).toBe(200);
    expect((await post(`${url}/t/`, 1001)).status).toBe(413);
  });

  it('holds too where another cluster hands the request on', async () => {
    const service = await stage.service(mirror);
    await stage.agent(
      'Edge2MSP',
      new ScriptedRouter(() => serveAt(service.port)),
      {},
      {
        services: new Map([['s', { maxBodyBytes: 1000 }]]),
      },
    );
    const { url } = await stage.gateway(new ScriptedRouter(() => forwardTo('Edge2MSP')));
    expect((await post(`${url}/s/`, 1000)).status).toBe(200);
    const answer = await post(`${url}/s/`, 1001);
    expect([answer.status, await codeOf(answer)]).toEqual([413, 'BLOSM_E_INVALID_ARGUMENT']);
  });
});

it("a service's own limit on header lines is answered as that of the gateway is", async () => {
  const { url, router } = await start({ maxHeaderBytes: 2048 }, { maxHeaderBytes: 8192 });
  const long = { 'x-long': 'x'.repeat(2048) };
  const answer = await fetch(`${url}/s/`, { headers: long });
  expect([answer.status, await codeOf(answer)]).toEqual([431, 'BLOSM_E_INVALID_ARGUMENT']);
  expect(router.asked).toEqual([]);
  expect((await fetch(`${url}/s/`, { headers: { 'x-long': 'x'.repeat(1024) } })).status).toBe(200);
  expect((await fetch(`${url}/t/`, { headers: long })).status).toBe(200);
  expect((await fetch(`${url}/t/`, { headers: { 'x-long': 'x'.repeat(8192) } })).status).toBe(431);
});

describe("a service's own limit on requests at once", () => {
  const opened = () => {
    let open = (): void => undefined;
    const until = new Promise<void>((resolve) => (open = resolve));
    return { until, open };
  };

  it('refuses the next with Retry-After, and lets it in when one has ended', async () => {
    const { until, open } = opened();
    let inside = 0;
    const { url } = await start({ maxRequests: 2 }, {}, (request, response) => {
      inside += 1;
      void until.then(() => mirror(request, response));
    });
    const first = [fetch(`${url}/s/`), fetch(`${url}/s/`)];
    await eventually(() => inside === 2);
    const beyond = await post(`${url}/s/`, 100_000);
    expect([beyond.status, beyond.headers.get('retry-after'), await codeOf(beyond)]).toEqual([
      503,
      '1',
      'BLOSM_E_NO_ROOM',
    ]);
    const other = fetch(`${url}/t/`);
    await eventually(() => inside === 3);
    open();
    for (const answer of await Promise.all([...first, other])) expect(answer.status).toBe(200);
    for (let turn = 0; turn < 5; turn += 1) expect((await fetch(`${url}/s/`)).status).toBe(200);
  });

  it('gives the place of a device back that has gone', async () => {
    let inside = 0;
    const { port, url } = await start({ maxRequests: 1 }, {}, (request, response) => {
      inside += 1;
      if (request.url === '/never') response.on('close', () => (inside -= 1));
      else response.end('done');
    });
    const device = await RawDevice.connect(port);
    device.socket.write('GET /s/never HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually(() => inside === 1);
    expect((await fetch(`${url}/s/`)).status).toBe(503);
    device.socket.destroy();
    await eventually(() => inside === 0);
    expect((await fetch(`${url}/s/`)).status).toBe(200);
  });

  it('counts a joined connection as long as it stands', async () => {
    const echo = createServer((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
        socket.pipe(socket);
      });
      socket.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
    stage.onEnd(() => echo.close());
    const router = new ScriptedRouter(() => serveAt((echo.address() as AddressInfo).port));
    // The time of a request is not that of a connection that left HTTP: it stays when that is long over.
    const services = new Map([['s', { maxRequests: 1, durationMs: 1000 }]]);
    const { port, url } = await stage.gateway(router, {}, { services });
    const device = await RawDevice.connect(port);
    device.socket.write('GET /s/ HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
    await device.until((text) => text.includes('101 Switching'));
    const over = new Promise((resolve) => setTimeout(resolve, 1200));
    expect((await fetch(`${url}/s/`)).status).toBe(503);
    await over;
    device.socket.write('still here');
    await device.until((text) => text.endsWith('still here'));
    device.socket.destroy();
    await eventually(() => router.released === 1);
  });
});

it("a service's own number of waiting requests is part of that of the gateway", async () => {
  let open = (): void => undefined;
  const until = new Promise<void>((resolve) => (open = resolve));
  const service = await stage.service(mirror);
  const router = new ScriptedRouter(async () => {
    await until;
    return serveAt(service.port);
  });
  const services = new Map([['s', { maxHeldRequests: 1 }]]);
  const { url } = await stage.gateway(router, { maxHeldRequests: 2 }, { services });
  const held = [fetch(`${url}/s/`)];
  await eventually(() => router.decisions === 1);
  expect((await fetch(`${url}/s/`)).status).toBe(503);
  held.push(fetch(`${url}/t/`));
  await eventually(() => router.decisions === 2);
  expect((await fetch(`${url}/t/`)).status).toBe(503);
  open();
  for (const answer of await Promise.all(held)) expect(answer.status).toBe(200);
});

describe("a service's own times", () => {
  it('a silence that others are granted ends its request', async () => {
    const { url, router } = await start({ idleTimeoutMs: 150 }, { idleTimeoutMs: 60_000 }, (request, response) => {
      if (request.url === '/silent') return;
      response.end('done');
    });
    const answer = await fetch(`${url}/s/silent`);
    expect([answer.status, await codeOf(answer)]).toEqual([504, 'BLOSM_E_TIMEOUT']);
    expect((await fetch(`${url}/t/`)).status).toBe(200);
    // A safe request is sent once more.
    expect(router.releases).toEqual([1, 1, 1]);
  });

  it('a silence is granted to it that others are not', async () => {
    const { url } = await start({ idleTimeoutMs: 60_000 }, { idleTimeoutMs: 100 }, (_request, response) => {
      setTimeout(() => response.end('done'), 400);
    });
    expect((await fetch(`${url}/s/`)).status).toBe(200);
    expect((await fetch(`${url}/t/`)).status).toBe(504);
  });

  it.each([
    ['GET', 'BLOSM_E_TIMEOUT'],
    ['POST', 'BLOSM_E_REQUEST_OUTCOME_UNKNOWN'],
  ])('%s takes too long: 504 with %s, and it is not sent again', async (method, code) => {
    const { url, router } = await start({ durationMs: 500 }, {}, (request) => void readAll(request));
    const answer = await fetch(`${url}/s/`, { method });
    const problem = (await answer.json()) as { code: string; detail: string };
    expect([answer.status, problem.code]).toEqual([504, code]);
    expect(problem.detail).toContain('more than 500 ms');
    expect(router.releases).toEqual([1]);
  });

  it('a body that trickles for too long is 408, whatever comes in between', async () => {
    const { port, router } = await start({ durationMs: 500 });
    const device = await RawDevice.connect(port);
    device.socket.write('POST /s/ HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n');
    const trickle = setInterval(() => device.socket.write('x'), 20);
    expect(await device.closed()).toMatch(/^HTTP\/1.1 408 .*the rest of the body did not come/s);
    clearInterval(trickle);
    expect(router.releases).toEqual([1]);
  });

  it('an answer that trickles for too long is broken off, and the service is let go', async () => {
    let closed = false;
    const { port, router } = await start({ durationMs: 500 }, {}, (_request, response) => {
      const trickle = setInterval(() => response.write('x'), 20);
      response.on('close', () => {
        clearInterval(trickle);
        closed = true;
      });
    });
    const device = await RawDevice.connect(port);
    device.socket.write('GET /s/ HTTP/1.1\r\nHost: a\r\n\r\n');
    const answer = await device.closed();
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
    // Its end is missing: it must not look whole.
    expect(answer).not.toMatch(/\r\n0\r\n/);
    await eventually(() => closed && router.released === 1);
  });

  it('ends a wait for the instance too', async () => {
    const router = new ScriptedRouter((_facts, nth) => {
      const signal = router.signals[nth];
      return new Promise((resolve) => {
        const refusal = { kind: 'refuse', status: 503, code: 'BLOSM_E_TIMEOUT', reason: 'waited' } as const;
        signal?.addEventListener('abort', () => resolve({ ...refusal, retryAfterSeconds: 1 }));
      });
    });
    const { url } = await stage.gateway(router, {}, { services: new Map([['s', { durationMs: 100 }]]) });
    expect((await fetch(`${url}/s/`)).status).toBe(503);
  });

  it('what ends in time is not touched, also by those that follow on its connection', async () => {
    const { port, router } = await start({ durationMs: 60_000 });
    const device = await RawDevice.connect(port);
    for (let turn = 1; turn <= 3; turn += 1) {
      device.socket.write('GET /s/ HTTP/1.1\r\nHost: a\r\n\r\n');
      await device.until((text) => text.split('200 OK').length === turn + 1);
    }
    device.socket.destroy();
    await eventually(() => router.released === 3);
    expect(router.asked).toHaveLength(3);
  });
});

import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { mayResend, type Progress } from '../../../../agent/adapters/gateway/resend';
import { codeOf, eventually, mirror, RawDevice, ScriptedRouter, serveAt, Stage } from './stage';

const stage = new Stage();
afterEach(() => stage.end());

/** A port where nobody listens. */
async function deadPort(): Promise<number> {
  const server = createTcpServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A container that takes connections and treats them badly. */
async function badService(
  onRequest: (socket: Socket, text: string) => void,
): Promise<{ port: number; requests: string[] }> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket
      .on('error', () => undefined)
      .on('data', (chunk) => {
        requests.push(chunk.toString('latin1'));
        onRequest(socket, chunk.toString('latin1'));
      });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stage.onEnd(() => {
    sockets.forEach((socket) => socket.destroy());
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, requests };
}

describe('the rule of re-sending', () => {
  const cases: [Progress, boolean, boolean, boolean][] = [
    ['unsent', false, true, true],
    ['unsent', true, true, true],
    ['unsent', false, false, false],
    ['unsent', true, false, false],
    ['unanswered', false, true, false],
    ['unanswered', true, true, true],
    ['unanswered', false, false, false],
    ['unanswered', true, false, false],
    ['answering', false, true, false],
    ['answering', true, true, false],
    ['answering', false, false, false],
    ['answering', true, false, false],
  ];
  it.each(cases)('%s, repeatable %s, body replayable %s: %s', (progress, repeatable, replayable, expected) => {
    expect(mayResend(progress, repeatable, replayable)).toBe(expected);
  });
});

describe('a container that cannot be reached', () => {
  it('is asked for again, once, and the whole request goes where the instance is now', async () => {
    const gone = await deadPort();
    const service = await stage.service(mirror);
    const router = new ScriptedRouter((_facts, nth) => serveAt(nth === 0 ? gone : service.port));
    const gateway = await stage.gateway(router);
    const body = 'x'.repeat(300_000);
    const answer = await fetch(`${gateway.url}/s/p`, { method: 'POST', body });
    expect(((await answer.json()) as { body: string }).body).toBe(body);
    expect(router.releases).toEqual([1, 1]);
  });

  it('is looked after before the request is decided on again', async () => {
    const gone = await deadPort();
    const service = await stage.service(mirror);
    const told: string[] = [];
    const router = new ScriptedRouter((_facts, nth) => {
      told.push(`decision ${nth}`);
      return { ...serveAt(nth === 0 ? gone : service.port), suspect: () => told.push(`suspect of ${nth}`) };
    });
    const gateway = await stage.gateway(router);
    expect((await fetch(`${gateway.url}/s/`)).status).toBe(200);
    expect(told).toEqual(['decision 0', 'suspect of 0', 'decision 1']);
  });

  it('is reported after the second time', async () => {
    const gone = await deadPort();
    const router = new ScriptedRouter(() => serveAt(gone));
    const gateway = await stage.gateway(router);
    const answer = await fetch(`${gateway.url}/s/`, { method: 'POST', body: 'x' });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([502, '1']);
    const text = await answer.clone().text();
    expect(await codeOf(answer)).toBe('BLOSM_E_CONTAINER_UNHEALTHY');
    // Where the containers of a cluster are is nothing for devices.
    expect(text).toContain('"detail":"the service cannot be reached"');
    expect(text).not.toMatch(/127\.0\.0\.1|ECONNREFUSED/);
    expect(router.releases).toEqual([1, 1]);
  });

  it('does not cost the device its new instance', async () => {
    const gone = await deadPort();
    const router = new ScriptedRouter((_facts, nth) => serveAt(gone, { newToken: nth === 0 ? 'ins-1.new' : null }));
    const gateway = await stage.gateway(router);
    const answer = await fetch(`${gateway.url}/s/`);
    await answer.text();
    expect(router.asked.map((facts) => facts.token)).toEqual(['', 'ins-1.new']);
    expect(answer.headers.get('x-blosm-token')).toBe('ins-1.new');
    expect(answer.headers.getSetCookie()).toHaveLength(1);
  });

  it('does not use a token that its device does not have yet', async () => {
    const gone = await deadPort();
    const router = new ScriptedRouter(() => serveAt(gone, { newToken: 'ins-1.renewed' }));
    const gateway = await stage.gateway(router);
    await (await fetch(`${gateway.url}/s/`, { headers: { 'x-blosm-token': 'ins-1.old' } })).text();
    expect(router.asked.map((facts) => facts.token)).toEqual(['ins-1.old', 'ins-1.old']);
  });
});

describe('a container that vanishes', () => {
  const reset = (socket: Socket): void => void socket.resetAndDestroy();

  it('after it took a POST leaves the outcome unknown: nothing is sent again', async () => {
    const bad = await badService(reset);
    const router = new ScriptedRouter(() => serveAt(bad.port));
    const gateway = await stage.gateway(router);
    const answer = await fetch(`${gateway.url}/s/`, { method: 'POST', body: 'pay 1' });
    expect([answer.status, await codeOf(answer)]).toEqual([502, 'BLOSM_E_REQUEST_OUTCOME_UNKNOWN']);
    expect(bad.requests).toHaveLength(1);
    expect(router.releases).toEqual([1]);
  });

  it('after it took a GET: the request goes where the Router says now', async () => {
    const bad = await badService(reset);
    const service = await stage.service(mirror);
    const router = new ScriptedRouter((_facts, nth) => serveAt(nth === 0 ? bad.port : service.port));
    const gateway = await stage.gateway(router);
    expect((await fetch(`${gateway.url}/s/x`)).status).toBe(200);
    expect(router.releases).toEqual([1, 1]);
  });

  it('after it took a POST with an Idempotency-Key: the same body goes again', async () => {
    const bad = await badService(reset);
    const service = await stage.service(mirror);
    const router = new ScriptedRouter((_facts, nth) => serveAt(nth === 0 ? bad.port : service.port));
    const gateway = await stage.gateway(router);
    const headers = { 'idempotency-key': '"1"' };
    const answer = await fetch(`${gateway.url}/s/`, { method: 'POST', body: 'pay 1', headers });
    expect(await answer.json()).toMatchObject({ method: 'POST', body: 'pay 1' });
  });

  it('with a body too long to keep: nothing is sent again', async () => {
    let bytes = 0;
    const bad = await badService((socket, text) => {
      if ((bytes += text.length) > 100_000) reset(socket);
    });
    const router = new ScriptedRouter(() => serveAt(bad.port));
    const gateway = await stage.gateway(router, { replayBytes: 10_000 });
    const headers = { 'idempotency-key': '"1"' };
    const answer = await fetch(`${gateway.url}/s/`, { method: 'POST', body: 'x'.repeat(200_000), headers });
    // The key makes a repetition harmless, so the device may send it again itself.
    expect([answer.status, await codeOf(answer)]).toEqual([502, 'BLOSM_E_CONTAINER_UNHEALTHY']);
    expect(router.decisions).toBe(1);
  });

  it('when other requests have used up the memory for bodies: nothing is sent again', async () => {
    const bad = await badService(reset);
    const router = new ScriptedRouter(() => serveAt(bad.port));
    const gateway = await stage.gateway(router, { replayTotalBytes: 2 });
    const headers = { 'idempotency-key': '"1"' };
    await (await fetch(`${gateway.url}/s/`, { method: 'POST', body: 'abc', headers })).text();
    expect(router.decisions).toBe(1);
  });

  it('after the first byte of its answer: nothing is sent again', async () => {
    const bad = await badService((socket) => {
      socket.write('HTTP/1.1 200 O', () => setTimeout(() => socket.destroy(), 5));
    });
    const router = new ScriptedRouter(() => serveAt(bad.port));
    const gateway = await stage.gateway(router);
    const answer = await fetch(`${gateway.url}/s/`);
    expect(answer.status).toBe(502);
    expect(bad.requests).toHaveLength(1);
  });

  it('in the middle of its answer breaks the device’s connection: the answer must not look whole', async () => {
    for (const head of ['Content-Length: 100', 'Transfer-Encoding: chunked']) {
      const bad = await badService((socket) => {
        socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n5\r\nabcde\r\n`, () => setTimeout(() => socket.destroy(), 5));
      });
      const router = new ScriptedRouter(() => serveAt(bad.port));
      const gateway = await stage.gateway(router);
      const device = await RawDevice.connect(gateway.port);
      device.socket.write('GET /s/ HTTP/1.1\r\nHost: a\r\n\r\n');
      const text = await device.closed();
      expect(text).toContain('abcde');
      expect(text).not.toMatch(/\r\n0\r\n\r\n$/);
      expect(router.releases).toEqual([1]);
    }
  });

  it('and what is no HTTP is a bad answer', async () => {
    const bad = await badService((socket) => socket.write('SSH-2.0-hello\r\n'));
    const gateway = await stage.gateway(new ScriptedRouter(() => serveAt(bad.port)));
    const answer = await fetch(`${gateway.url}/s/`);
    expect([answer.status, await codeOf(answer)]).toEqual([502, 'BLOSM_E_CONTAINER_UNHEALTHY']);
    expect(bad.requests).toHaveLength(1);
  });
});

describe('silence', () => {
  it('of the container ends the request: 504, and for a POST the outcome is unknown', async () => {
    const bad = await badService(() => undefined);
    const router = new ScriptedRouter(() => serveAt(bad.port));
    const gateway = await stage.gateway(router, { idleTimeoutMs: 50 });
    const post = await fetch(`${gateway.url}/s/`, { method: 'POST', body: 'x' });
    expect([post.status, await codeOf(post)]).toEqual([504, 'BLOSM_E_REQUEST_OUTCOME_UNKNOWN']);
    expect(router.releases).toEqual([1]);
    const get = await fetch(`${gateway.url}/s/`);
    expect([get.status, await codeOf(get)]).toEqual([504, 'BLOSM_E_TIMEOUT']);
  });

  it('of the device in the middle of its body ends the request: 408', async () => {
    const service = await stage.service(mirror);
    const router = new ScriptedRouter(() => serveAt(service.port));
    const gateway = await stage.gateway(router, { idleTimeoutMs: 50 });
    const device = await RawDevice.connect(gateway.port);
    device.socket.write('POST /s/ HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc');
    expect(await device.closed()).toMatch(/^HTTP\/1.1 408 /);
    expect(router.releases).toEqual([1]);
  });

  it('of the container in the middle of its answer breaks it off', async () => {
    const service = await stage.service((_request, response) => void response.write('begun'));
    const router = new ScriptedRouter(() => serveAt(service.port));
    const gateway = await stage.gateway(router, { idleTimeoutMs: 50 });
    const device = await RawDevice.connect(gateway.port);
    device.socket.write('GET /s/ HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await device.closed()).toContain('begun');
    await eventually(() => router.released === 1);
  });
});

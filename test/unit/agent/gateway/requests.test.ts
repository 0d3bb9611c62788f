import { BlosmError } from '../../../../chaincode/src/model';
import { codeOf, eventually, forwardTo, mirror, RawDevice, ScriptedRouter, serveAt, Stage } from './stage';

const stage = new Stage();
afterEach(() => stage.end());

interface Mirrored {
  method: string;
  url: string;
  headers: string[];
  body: string;
}

/** A gateway in front of a service that answers with what it saw. */
async function start() {
  const service = await stage.service(mirror);
  const router = new ScriptedRouter(() => serveAt(service.port));
  return { service, router, gateway: await stage.gateway(router) };
}

describe('what reaches the service', () => {
  it('is the path behind its name, byte by byte, with method, query and body', async () => {
    const { gateway, router } = await start();
    const answer = await fetch(`${gateway.url}/camera/a%2Fb//c?q=%20x&y`, { method: 'PATCH', body: 'hello' });
    expect(await answer.json()).toMatchObject({ method: 'PATCH', url: '/a%2Fb//c?q=%20x&y', body: 'hello' });
    expect(router.asked[0]).toEqual({
      serviceId: 'camera',
      method: 'PATCH',
      deviceId: '',
      token: '',
      position: null,
      forwardedBy: null,
      migrated: false,
    });
    for (const [path, seen] of [
      ['/camera', '/'],
      ['/camera/', '/'],
      ['/camera?x=1', '/?x=1'],
    ]) {
      expect(((await (await fetch(gateway.url + path!)).json()) as Mirrored).url).toBe(seen);
    }
    expect(router.released).toBe(4);
  });

  it('is none of BloSM’s header lines and cookies, none of the connection’s', async () => {
    const { gateway, router } = await start();
    const device = await RawDevice.connect(gateway.port);
    device.socket.write(
      [
        'GET /camera/x HTTP/1.1',
        'Host: car.example',
        'X-Blosm-Device: car-7',
        'X-BLOSM-TOKEN: ins-1.secret',
        'x-blosm-position: -37.8136, 144.9631',
        'x-blosm-other: 1',
        'Cookie: a=1; blosm_token_camera=t; b=2; blosm_token_other=u',
        'Connection: close, X-Hop',
        'X-Hop: dropped',
        'Keep-Alive: timeout=5',
        'TE: trailers',
        'Proxy-Connection: keep-alive',
        'Forwarded: for=10.0.0.1',
        'X-Forwarded-For: 10.0.0.2',
        'X-Real-IP: 10.0.0.3',
        'X-Twice: 1',
        'X-Twice: 2',
        '',
        '',
      ].join('\r\n'),
    );
    const seen = JSON.parse((await device.closed()).split('\r\n\r\n')[1]!) as Mirrored;
    const lines = seen.headers.flatMap((value, at) => (at % 2 === 0 ? [`${value}: ${seen.headers[at + 1]!}`] : []));
    expect(lines).toEqual([
      'Host: car.example',
      'Cookie: a=1; b=2',
      'X-Twice: 1',
      'X-Twice: 2',
      'X-Forwarded-For: 127.0.0.1',
      'X-Forwarded-Proto: http',
      'X-Forwarded-Host: car.example',
      'Via: 1.1 blosm',
      'Connection: keep-alive',
    ]);
    expect(router.asked[0]).toMatchObject({
      deviceId: 'car-7',
      token: 'ins-1.secret',
      position: { latE6: -37_813_600, lonE6: 144_963_100 },
    });
  });

  it('keeps the length of a body even when Connection names it', async () => {
    const { gateway } = await start();
    const device = await RawDevice.connect(gateway.port);
    device.socket.write(
      'POST /camera/ HTTP/1.1\r\nHost: a\r\nConnection: close, content-length\r\nContent-Length: 5\r\n\r\nhello',
    );
    expect(JSON.parse((await device.closed()).split('\r\n\r\n')[1]!)).toMatchObject({ body: 'hello' });
  });

  it('is a token from its cookie when there is no header line', async () => {
    const { gateway, router } = await start();
    const cookie = 'blosm_token_other=no; blosm_token_camera=ins-1.yes';
    await (await fetch(`${gateway.url}/camera/`, { headers: { cookie } })).text();
    await (await fetch(`${gateway.url}/camera/`, { headers: { cookie, 'x-blosm-token': 'ins-2.header' } })).text();
    expect(router.asked.map((facts) => facts.token)).toEqual(['ins-1.yes', 'ins-2.header']);
  });

  it('goes chunked when it comes chunked, and has no body when none was announced', async () => {
    const { gateway } = await start();
    const device = await RawDevice.connect(gateway.port);
    device.socket.write('POST /camera/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n');
    device.socket.write('2;ext=1\r\nde\r\n0\r\nTrailer: x\r\n\r\n');
    await device.until((text) => text.includes('"body":"abcde"'));
    device.socket.write('POST /camera/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(await device.closed()).toContain('"Content-Length","0"');
  });

  it('takes a request target with a scheme, as proxies send it', async () => {
    const { gateway } = await start();
    const device = await RawDevice.connect(gateway.port);
    device.socket.write('GET http://edge1/camera/y?z HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(await device.closed()).toContain('"url":"/y?z"');
  });
});

describe('what reaches the device', () => {
  it('says who served it, where to connect and the new token, as header and cookie', async () => {
    const service = await stage.service((_request, response) => {
      response.setHeader('Set-Cookie', ['mine=1', 'blosm_token_other=stolen']);
      response.setHeader('X-Blosm-Served-By', 'somebody else');
      response.setHeader('Connection', 'keep-alive, X-Internal');
      response.setHeader('X-Internal', '1');
      response.statusMessage = 'Fine';
      response.writeHead(201).end('made');
    });
    const facts = { newToken: 'ins-9.new', connectTo: 'http://edge2:8080' };
    const gateway = await stage.gateway(new ScriptedRouter(() => serveAt(service.port, facts)));
    const answer = await fetch(`${gateway.url}/camera/`);
    expect([answer.status, answer.statusText, await answer.text()]).toEqual([201, 'Fine', 'made']);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'x-blosm-served-by': 'Edge1MSP',
      'x-blosm-instance': 'ins-1',
      'x-blosm-token': 'ins-9.new',
      'x-blosm-connect-to': 'http://edge2:8080',
    });
    expect(answer.headers.getSetCookie()).toEqual([
      'mine=1',
      'blosm_token_camera=ins-9.new; Path=/; HttpOnly; SameSite=Lax',
    ]);
    expect(answer.headers.has('x-internal')).toBe(false);
  });

  it('has no body where HTTP has none', async () => {
    const service = await stage.service((request, response) => {
      if (request.url === '/none') response.writeHead(204).end();
      else if (request.url === '/same') response.writeHead(304, { etag: '"x"' }).end();
      else response.writeHead(200, { 'content-length': 12_345 }).end();
    });
    const gateway = await stage.gateway(new ScriptedRouter(() => serveAt(service.port)));
    const head = await fetch(`${gateway.url}/camera/`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '12345']);
    expect((await fetch(`${gateway.url}/camera/none`)).status).toBe(204);
    expect((await fetch(`${gateway.url}/camera/same`)).headers.get('etag')).toBe('"x"');
  });

  it('gets each piece as soon as the service has sent it', async () => {
    let more: (() => void) | undefined;
    const service = await stage.service((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
      more = () => response.write('data: 1\n\n');
    });
    const gateway = await stage.gateway(new ScriptedRouter(() => serveAt(service.port)));
    const answer = await fetch(`${gateway.url}/camera/events`);
    const reader = answer.body!.getReader();
    more!();
    expect(Buffer.from((await reader.read()).value).toString()).toBe('data: 1\n\n');
    await reader.cancel();
  });
});

describe('refusals', () => {
  it('are the Router’s words as a problem, with Retry-After', async () => {
    const refusal = {
      kind: 'refuse',
      status: 503,
      code: 'BLOSM_E_NO_ROOM',
      reason: 'all are full',
      retryAfterSeconds: 1.2,
    } as const;
    const gateway = await stage.gateway(new ScriptedRouter(() => refusal));
    const answer = await fetch(`${gateway.url}/camera/`, { method: 'POST', body: 'x'.repeat(100_000) });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await answer.json()).toEqual({
      type: 'urn:blosm:error:BLOSM_E_NO_ROOM',
      title: 'No room',
      status: 503,
      code: 'BLOSM_E_NO_ROOM',
      detail: 'all are full',
      hint: expect.stringContaining('try again') as string,
    });
  });

  it.each([
    ['x-blosm-position', '91,0'],
    ['x-blosm-position', '0,181'],
    ['x-blosm-position', 'here'],
    ['x-blosm-position', '1e1,2'],
    ['x-blosm-position', '1'],
    ['x-blosm-position', ''],
    ['x-blosm-device', 'a b'],
    ['x-blosm-device', 'x'.repeat(129)],
  ])('answer 400 to %s: %.20s', async (name, value) => {
    const { gateway, router } = await start();
    const answer = await fetch(`${gateway.url}/camera/`, { headers: { [name]: value } });
    expect(answer.status).toBe(400);
    expect(await codeOf(answer)).toBe('BLOSM_E_INVALID_ARGUMENT');
    expect(router.asked).toEqual([]);
  });

  it.each(['/', '/UPPER/x', '/%63amera', '/a_b', '//x', `/${'a'.repeat(64)}/`])('answer 404 to %s', async (path) => {
    const { gateway } = await start();
    const answer = await fetch(gateway.url + path);
    expect(answer.status).toBe(404);
    expect(await codeOf(answer)).toBe('BLOSM_E_NOT_FOUND');
  });

  it('answer 400 to what would be read in two ways, 431 to endless header lines', async () => {
    const { gateway, router } = await start();
    for (const lines of [
      'Host: a\r\nHost: b',
      'Host: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked',
      'Host: a\r\nBad Name: 1',
    ]) {
      const device = await RawDevice.connect(gateway.port);
      device.socket.write(`POST /camera/ HTTP/1.1\r\n${lines}\r\nConnection: close\r\n\r\n`);
      expect(await device.closed()).toMatch(/^HTTP\/1.1 400 .*BLOSM_E_INVALID_ARGUMENT/s);
    }
    const device = await RawDevice.connect(gateway.port);
    device.socket.write(`GET /camera/ HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`);
    expect(await device.closed()).toMatch(/^HTTP\/1.1 431 .*BLOSM_E_INVALID_ARGUMENT/s);
    expect(router.asked).toEqual([]);
  });

  it('answer 500 without a word of the defect when the Router throws', async () => {
    const router = new ScriptedRouter(() => {
      throw new BlosmError('BLOSM_E_JOURNAL', 'a secret path');
    });
    const gateway = await stage.gateway(router);
    const answer = await fetch(`${gateway.url}/camera/`);
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('secret');
  });

  it('answer 502 when the other cluster is not registered', async () => {
    const gateway = await stage.gateway(new ScriptedRouter(() => forwardTo('Edge9MSP')));
    const answer = await fetch(`${gateway.url}/camera/`);
    expect([answer.status, await codeOf(answer)]).toEqual([502, 'BLOSM_E_PEER_UNREACHABLE']);
  });
});

describe('large header lines', () => {
  it('pass in both directions', async () => {
    const service = await stage.service((request, response) => {
      response.setHeader('x-big', `${request.headers['x-big'] as string}!`).end();
    });
    const gateway = await stage.gateway(new ScriptedRouter(() => serveAt(service.port)));
    const big = 'b'.repeat(12_000);
    const answer = await fetch(`${gateway.url}/camera/`, { headers: { 'x-big': big } });
    expect(answer.headers.get('x-big')).toBe(`${big}!`);
  });
});

const SECRET = 's'.repeat(32);
const GOOD = `good-1.${SECRET}`;
const ALSO_GOOD = `good-2.${SECRET}`;
const BAD = `bad.${SECRET}`;

describe('PUT /devices/self/position', () => {
  const put = (url: string, body: string, headers: Record<string, string> = {}) =>
    fetch(`${url}/devices/self/position`, { method: 'PUT', body, headers });

  it('tells the Router, by the header’s token or by all cookies', async () => {
    const { gateway, router } = await start();
    const here = JSON.stringify({ latitude: -37.5, longitude: 144 });
    expect((await put(gateway.url, here, { 'x-blosm-token': GOOD })).status).toBe(204);
    const cookie = `blosm_token_a=${BAD}; blosm_token_b=${ALSO_GOOD}`;
    expect((await put(gateway.url, here, { cookie })).status).toBe(204);
    const position = { latE6: -37_500_000, lonE6: 144_000_000 };
    expect(router.positions).toEqual([
      [GOOD, position],
      [BAD, position],
      [ALSO_GOOD, position],
    ]);
  });

  it('refuses a token that is nobody’s, or none', async () => {
    const { gateway } = await start();
    const here = JSON.stringify({ latitude: 0, longitude: 0 });
    const bad = await put(gateway.url, here, { 'x-blosm-token': BAD });
    expect([bad.status, await codeOf(bad)]).toEqual([403, 'BLOSM_E_FORBIDDEN']);
    expect((await put(gateway.url, here)).status).toBe(403);
  });

  it('asks for nothing that is no token, and for no more than 16', async () => {
    const { gateway, router } = await start();
    const here = JSON.stringify({ latitude: 0, longitude: 0 });
    const cookies = (count: number, token: (nth: number) => string) =>
      Array.from({ length: count }, (_, nth) => `blosm_token_s${nth}=${token(nth)}`).join('; ');
    const junk = cookies(900, (nth) => `${nth}`);
    expect((await put(gateway.url, here, { cookie: junk })).status).toBe(403);
    expect((await put(gateway.url, here, { 'x-blosm-token': 'good' })).status).toBe(403);
    const many = await put(gateway.url, here, { cookie: cookies(17, (nth) => `good-${nth}.${SECRET}`) });
    expect([many.status, await codeOf(many)]).toEqual([400, 'BLOSM_E_INVALID_ARGUMENT']);
    expect(router.positions).toEqual([]);
    const both = `${junk}; ${cookies(16, (nth) => `good-${nth}.${SECRET}`).replaceAll('token_s', 'token_t')}`;
    expect((await put(gateway.url, here, { cookie: both })).status).toBe(204);
    expect(router.positions).toHaveLength(16);
  });

  it('counts among the requests that wait', async () => {
    const router = new ScriptedRouter(() => serveAt(1));
    let open: (() => void) | undefined;
    router.reportPosition = () => new Promise((resolve) => (open = () => resolve(true)));
    const gateway = await stage.gateway(router, { maxHeldRequests: 1 });
    const here = JSON.stringify({ latitude: 0, longitude: 0 });
    const first = put(gateway.url, here, { 'x-blosm-token': GOOD });
    await eventually(() => open !== undefined);
    for (const beyond of [await put(gateway.url, here, { 'x-blosm-token': GOOD }), await fetch(`${gateway.url}/s/`)]) {
      expect([beyond.status, await codeOf(beyond), beyond.headers.get('retry-after')]).toEqual([
        503,
        'BLOSM_E_NO_ROOM',
        '1',
      ]);
    }
    open?.();
    expect((await first).status).toBe(204);
  });

  it('says that the owner could not be told, and when to come again', async () => {
    const { gateway } = await start();
    const here = JSON.stringify({ latitude: 0, longitude: 0 });
    const answer = await put(gateway.url, here, { 'x-blosm-token': `far.${SECRET}` });
    expect([answer.status, await codeOf(answer)]).toEqual([503, 'BLOSM_E_PEER_UNREACHABLE']);
    expect(answer.headers.get('retry-after')).toBe('1');
  });

  it.each([
    '',
    'null',
    '{"latitude":1}',
    '{"latitude":91,"longitude":0}',
    '{"latitude":"1","longitude":0}',
    'x'.repeat(2000),
  ])('refuses the body %#', async (body) => {
    const { gateway, router } = await start();
    const answer = await put(gateway.url, body, { 'x-blosm-token': GOOD });
    expect([answer.status, await codeOf(answer)]).toEqual([400, 'BLOSM_E_INVALID_ARGUMENT']);
    expect(router.positions).toEqual([]);
  });

  it('waits while the ledger cannot say whose the token is', async () => {
    const { gateway, router } = await start();
    router.reportPosition = () => Promise.reject(new BlosmError('BLOSM_E_LEDGER_UNREACHABLE', 'off'));
    const body = JSON.stringify({ latitude: 1, longitude: 2 });
    const headers = { 'x-blosm-token': `ins-1.${SECRET}` };
    const answer = await fetch(`${gateway.url}/devices/self/position`, { method: 'PUT', body, headers });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
  });

  it('is no GET', async () => {
    const { gateway } = await start();
    const answer = await fetch(`${gateway.url}/devices/self/position`);
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'PUT']);
  });
});

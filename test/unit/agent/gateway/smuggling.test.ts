import { eventually, mirror, RawDevice, ScriptedRouter, serveAt, Stage } from './stage';

const stage = new Stage();
afterEach(() => stage.end());

interface Seen {
  readonly status: string;
  readonly served: number;
}

/** Sends bytes as they are on a connection of their own; counts what reached the service. */
async function send(text: string): Promise<Seen & { text: string; seen: string[] }> {
  const seen: string[] = [];
  const service = await stage.service((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    mirror(request, response);
  });
  const gateway = await stage.gateway(new ScriptedRouter(() => serveAt(service.port)), {
    idleTimeoutMs: 500,
    headersTimeoutMs: 500,
  });
  const device = await RawDevice.connect(gateway.port);
  device.socket.write(text, 'latin1');
  const received = await device.closed();
  return { status: received.split(' ')[1] ?? '', served: seen.length, text: received, seen };
}

const SECOND = 'GET /s/smuggled HTTP/1.1\r\nHost: a\r\n\r\n';
const post = (...lines: string[]): string => ['POST /s/first HTTP/1.1', 'Host: a', ...lines, '', ''].join('\r\n');

describe('a message that two readers would read differently', () => {
  it.each([
    [
      'has Content-Length and Transfer-Encoding',
      `${post('Content-Length: 6', 'Transfer-Encoding: chunked')}0\r\n\r\nG`,
    ],
    [
      'has Transfer-Encoding and Content-Length',
      `${post('Transfer-Encoding: chunked', 'Content-Length: 6')}0\r\n\r\nG`,
    ],
    ['has two lengths that differ', `${post('Content-Length: 0', 'Content-Length: 44')}${SECOND}`],
    ['has the same length twice', `${post('Content-Length: 3', 'Content-Length: 3')}abc`],
    ['has a list of lengths', `${post('Content-Length: 3, 3')}abc`],
    ['has a length with a sign', `${post('Content-Length: +3')}abc`],
    ['has a length in hexadecimal', `${post('Content-Length: 0x3')}abc`],
    ['has a coding that only looks like chunked', `${post('Transfer-Encoding: xchunked')}0\r\n\r\n`],
    ['has chunked that is not the last coding', `${post('Transfer-Encoding: chunked, identity')}0\r\n\r\n`],
    ['has chunked twice', `${post('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')}0\r\n\r\n`],
    ['has a space before the colon', `${post('Transfer-Encoding : chunked')}0\r\n\r\n`],
    ['has a folded line', post('X-Folded: a', ' b', 'Content-Length: 0')],
    ['has a line that begins with a tab', post('X: a', '\tTransfer-Encoding: chunked')],
    ['has a NUL in a value', post('X: a\0b', 'Content-Length: 0')],
    ['has a bare CR in a value', post('X: a\rTransfer-Encoding: chunked', 'Content-Length: 0')],
    ['has no Host', 'GET /s/ HTTP/1.1\r\n\r\n'],
    ['has two Hosts', 'GET /s/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'],
    ['has a Host that is none', 'GET /s/ HTTP/1.1\r\nHost: a b\r\n\r\n'],
    ['has a Host with a path', 'GET /s/ HTTP/1.1\r\nHost: a/../b\r\n\r\n'],
    ['has a space in its target', 'GET /s/a HTTP/1.1\r\nX: HTTP/1.1\r\n\r\n'.replace('a HTTP', 'a b HTTP')],
    ['has a line break in its target', 'GET /s/a\r\nX: y HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['has a control character in its target', 'GET /s/a\x01b HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['is of a version that is none', 'GET /s/ HTTP/3.7\r\nHost: a\r\n\r\n'],
    ['has a method that is none', 'G@T /s/ HTTP/1.1\r\nHost: a\r\n\r\n'],
  ])('is refused: it %s', async (_what, text) => {
    const { status, served, text: received } = await send(text);
    expect({ status, served, received }).toMatchObject({ status: '400', served: 0 });
  });

  it.each([
    ['a size that is no number', 'z\r\nabc\r\n0\r\n\r\n'],
    ['a size with a sign', '+3\r\nabc\r\n0\r\n\r\n'],
    ['a size beyond all numbers', 'fffffffffffffffff\r\nabc\r\n0\r\n\r\n'],
    ['a piece longer than its size', '3\r\nabcd\r\n0\r\n\r\n'],
    ['a line feed alone after the size', '3\nabc\r\n0\r\n\r\n'],
  ])('has chunks with %s: nothing behind them is taken as a request', async (_what, chunks) => {
    const { seen, text } = await send(`${post('Transfer-Encoding: chunked')}${chunks}${SECOND}`);
    expect(seen).not.toContain('GET /smuggled');
    expect(text).not.toContain('HTTP/1.1 200');
  });
});

describe('a body that looks like a request', () => {
  it.each([
    ['by its length', post(`Content-Length: ${SECOND.length}`), SECOND],
    ['in chunks', post('Transfer-Encoding: chunked'), `${SECOND.length.toString(16)}\r\n${SECOND}\r\n0\r\n\r\n`],
  ])('is a body: %s', async (_what, head, body) => {
    const { seen, text } = await send(`${head}${body}GET /s/next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    expect(seen).toEqual(['POST /first', 'GET /next']);
    expect(text).toContain('smuggled');
  });
});

describe('trailers', () => {
  it('after a body are read and left out: they are of this connection only', async () => {
    const trailers = 'X-Token: 1\r\nX-Blosm-Device: a\r\n';
    const chunks = `3\r\nabc\r\n0\r\n${trailers}\r\n`;
    const next = 'GET /s/next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
    const { seen, text } = await send(`${post('Transfer-Encoding: chunked', 'Trailer: X-Token')}${chunks}${next}`);
    expect(seen).toEqual(['POST /first', 'GET /next']);
    expect(text).not.toContain('X-Token');
  });
});

describe('what is no HTTP behind a request', () => {
  it('breaks an answer off that has begun, and is not answered in its middle', async () => {
    const service = await stage.service((_request, response) => void response.writeHead(200).write('first'));
    const gateway = await stage.gateway(new ScriptedRouter(() => serveAt(service.port)));
    const device = await RawDevice.connect(gateway.port);
    device.socket.write('GET /s/ HTTP/1.1\r\nHost: a\r\n\r\n');
    await device.until((text) => text.includes('first'));
    device.socket.write('nonsense\r\n\r\n');
    expect(await device.closed()).toMatch(/5\r\nfirst\r\n$/);
  });

  it('is not answered in the place of one that waits', async () => {
    const router = new ScriptedRouter(() => new Promise(() => undefined));
    const gateway = await stage.gateway(router);
    const device = await RawDevice.connect(gateway.port);
    device.socket.write('POST /s/ HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n');
    await eventually(() => router.decisions === 1);
    device.socket.write('nonsense\r\n\r\n');
    expect(await device.closed()).toBe('');
  });

  it('is answered in the place of the request whose body it is', async () => {
    const router = new ScriptedRouter(() => new Promise(() => undefined));
    const gateway = await stage.gateway(router);
    const device = await RawDevice.connect(gateway.port);
    device.socket.write(`${post('Transfer-Encoding: chunked')}nonsense\r\n`);
    expect(await device.closed()).toMatch(/^HTTP\/1.1 400 /);
  });
});

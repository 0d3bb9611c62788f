import { createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { RawDevice, ScriptedRouter, serveAt, Stage } from './stage';

const stage = new Stage();
afterEach(() => stage.end());

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Made: 1\r\n\r\n';
const ANSWER = `${HEAD}hello`;

/** A container that dies as the test says; `deaths` of its first connections, then it is well. */
class MortalService {
  requests = 0;
  port = 0;
  private die: ((socket: Socket, receivedBytes: number) => boolean) | undefined;

  async start(): Promise<void> {
    const server = createServer((socket) => this.serve(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.port = (server.address() as AddressInfo).port;
    stage.onEnd(() => server.close());
  }

  /** @param die true: it has died by its own hand */
  next(die: (socket: Socket, receivedBytes: number) => boolean): void {
    this.requests = 0;
    this.die = die;
  }

  private serve(socket: Socket): void {
    let received = '';
    socket
      .on('error', () => undefined)
      .on('data', (chunk) => {
        if (received === '') this.requests += 1;
        received += chunk.toString('latin1');
        if (this.requests === 1 && this.die?.(socket, received.length) === true) return;
        if (received.endsWith('PAY')) {
          received = '';
          socket.write(ANSWER);
        }
      });
  }
}

type Kind = 'safe' | 'with a key' | 'neither';
const KINDS: readonly Kind[] = ['safe', 'with a key', 'neither'];

/** A request that ends with PAY: in its body, or in its last header line's place where it has none. */
function requestOf(kind: Kind): string {
  const key = kind === 'with a key' ? 'Idempotency-Key: 1\r\n' : '';
  const method = kind === 'safe' ? 'GET' : 'POST';
  return `${method} /s/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${key}Content-Length: 3\r\n\r\nPAY`;
}

async function ask(port: number, kind: Kind): Promise<string> {
  const device = await RawDevice.connect(port);
  device.socket.write(requestOf(kind));
  return device.closed();
}

async function start(): Promise<{ service: MortalService; port: number; router: ScriptedRouter }> {
  const service = new MortalService();
  await service.start();
  const router = new ScriptedRouter(() => serveAt(service.port));
  const { port } = await stage.gateway(router);
  return { service, port, router };
}

const WHOLE = /^HTTP\/1.1 200 OK\r\n.*\r\n\r\nhello$/s;
const UNKNOWN = /^HTTP\/1.1 502 .*BLOSM_E_REQUEST_OUTCOME_UNKNOWN/s;
const UNHEALTHY = /^HTTP\/1.1 502 .*BLOSM_E_CONTAINER_UNHEALTHY/s;

describe.each(KINDS)('a container that dies on a request (%s)', (kind) => {
  it('after any byte of its answer: the answer is whole, or the device is told, or its connection breaks', async () => {
    const { service, port, router } = await start();
    for (let cut = 0; cut <= ANSWER.length; cut += 1) {
      service.next((socket, receivedBytes) => {
        if (receivedBytes < requestOf(kind).length) return false;
        const sent = ANSWER.slice(0, cut);
        if (sent === '') socket.destroy();
        else socket.end(sent);
        return true;
      });
      const text = await ask(port, kind);
      const seen = { cut, text, requests: service.requests };
      if (cut === 0 && kind !== 'neither') {
        expect(seen).toMatchObject({ requests: 2, text: expect.stringMatching(WHOLE) as string });
        continue;
      }
      expect(seen.requests).toBe(1);
      if (cut === ANSWER.length) expect(seen.text).toMatch(WHOLE);
      else if (cut < HEAD.length) expect(seen.text).toMatch(kind === 'neither' ? UNKNOWN : UNHEALTHY);
      else expect(seen).toMatchObject({ text: expect.not.stringMatching(/hello/) as string });
    }
    expect(router.released).toBe(router.decisions);
  });

  it('after any byte of the request: it goes again only where that does no harm', async () => {
    const { service, port, router } = await start();
    for (let cut = 1; cut <= requestOf(kind).length; cut += 7) {
      service.next((socket, receivedBytes) => {
        if (receivedBytes < cut) return false;
        socket.resetAndDestroy();
        return true;
      });
      const text = await ask(port, kind);
      const again = kind !== 'neither';
      expect({ cut, requests: service.requests }).toEqual({ cut, requests: again ? 2 : 1 });
      expect(text).toMatch(again ? WHOLE : UNKNOWN);
    }
    expect(router.released).toBe(router.decisions);
  });
});

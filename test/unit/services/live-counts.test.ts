import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Duplex } from 'node:stream';
import { WebSocket, type CloseEvent } from 'undici';

interface LiveCounts {
  accept(request: IncomingMessage, socket: Duplex): void;
  tell(value: unknown): void;
  end(): void;
}

const { createLiveCounts } = jest.requireActual<{ createLiveCounts: () => LiveCounts }>(
  '../../../network/services/counter/live-counts.js',
);

describe('the live counts of the counter service', () => {
  let server: Server;
  let port: number;
  let live: LiveCounts;

  beforeEach(async () => {
    live = createLiveCounts();
    server = createServer();
    server.on('upgrade', (request, socket: Duplex) => live.accept(request, socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
  });
  afterEach(() => new Promise<unknown>((resolve) => server.close(resolve)));

  async function open(): Promise<{ socket: WebSocket; next: Promise<unknown>; end: Promise<CloseEvent> }> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/live`);
    const next = new Promise((resolve) => socket.addEventListener('message', ({ data }) => resolve(data)));
    const end = new Promise<CloseEvent>((resolve) => socket.addEventListener('close', resolve));
    await new Promise((resolve) => socket.addEventListener('open', resolve));
    return { socket, next, end };
  }

  it('are told to all who listen, long ones too', async () => {
    const [one, two] = [await open(), await open()];
    const value = { count: 1, note: 'x'.repeat(500) };
    live.tell(value);
    expect([await one.next, await two.next]).toEqual([JSON.stringify(value), JSON.stringify(value)]);
    live.end();
    expect(await one.end).toMatchObject({ code: 1001, wasClean: true });
    expect(await two.end).toMatchObject({ code: 1001 });
  });

  it('answer a farewell, also after messages that nobody reads', async () => {
    const { socket, end } = await open();
    socket.send('hello');
    socket.close(4000, 'bye');
    expect(await end).toMatchObject({ wasClean: true });
    live.tell({ count: 2 });
  });

  it('end a connection that sends too much at once', async () => {
    const { socket, end } = await open();
    socket.send('x'.repeat(126));
    expect(await end).toMatchObject({ code: 1009 });
  });

  it('refuse what is no WebSocket', async () => {
    const socket = connect(port, '127.0.0.1');
    socket.write('GET /live HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1.1 400 /);
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connectDocker } from '../../../../agent/adapters/docker';
import type { Engine, EngineNews } from '../../../../agent/ports/engine';
import { NO_HOST } from '../../../support/no-host';

const ME = 'Edge1MSP';
const INFO = { ServerVersion: '99', Driver: 'overlay2', SystemTime: '2026-01-01T00:00:00.123456789Z' };

/** As an engine writes it. */
const line = (id: string, instance: string, action = 'die'): string => {
  const Attributes = { 'io.blosm.node': ME, 'io.blosm.service': 's', 'io.blosm.instance': instance, exitCode: '3' };
  return `${JSON.stringify({ Type: 'container', Action: action, Actor: { ID: id, Attributes } })}\n`;
};

const news = (id: string, instance: string): EngineNews => ({
  kind: 'container',
  containerId: id,
  owner: { nodeId: ME, serviceId: 's', instanceId: instance, migrationId: '' },
});

describe('what an engine tells of its containers', () => {
  let folder: string;
  let server: Server;
  let engine: Engine;
  let info: object;
  let tell: (asked: IncomingMessage, given: ServerResponse) => void;
  let inspect: (asked: IncomingMessage, given: ServerResponse) => void;
  let stop: AbortController;

  beforeAll(async () => {
    folder = mkdtempSync('/tmp/ev-');
    server = createServer((asked, given) => {
      asked.resume();
      if (asked.url?.startsWith('/info') === true) given.end(JSON.stringify(info));
      else if (asked.url?.startsWith('/containers/') === true) inspect(asked, given);
      else tell(asked, given);
    });
    const socketPath = `${folder}/s`;
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    engine = connectDocker({ socketPath, network: 'bridge', registry: { address: 'r:5000' }, host: NO_HOST });
  });
  beforeEach(() => {
    stop = new AbortController();
    info = INFO;
    inspect = (_asked, given) => given.writeHead(404).end('{}');
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });

  /** What is heard until it ends, and how. */
  async function hear(): Promise<{ readonly heard: EngineNews[]; readonly error: unknown }> {
    const heard: EngineNews[] = [];
    try {
      for await (const one of engine.watch(ME, stop.signal)) {
        heard.push(one);
        if (heard.length > 10_000) break;
      }
      return { heard, error: null };
    } catch (error) {
      return { heard, error };
    }
  }

  const UNREACHABLE = expect.objectContaining({ code: 'BLOSM_E_ENGINE_UNREACHABLE', stage: 'watch' }) as unknown;

  it('is asked for this node alone, from the moment by its own clock at which it was asked', async () => {
    let query = new URLSearchParams();
    tell = (asked, given) => {
      query = new URL(asked.url ?? '', 'http://engine').searchParams;
      given.end();
    };
    await hear();
    expect(query.get('since')).toBe('1767225600.123');
    expect(JSON.parse(query.get('filters') ?? '')).toEqual({
      type: ['container'],
      event: ['create', 'start', 'pause', 'unpause', 'die', 'destroy'],
      label: ['io.blosm.node=Edge1MSP'],
    });
    info = {};
    await hear();
    expect(query.has('since')).toBe(false);
  });

  it('is understood however the answer is cut into pieces', async () => {
    const bytes = Buffer.from(`${line('a', 'i-1')}\n\r\n${line('b', 'ä-2')}${line('a', 'i-1')}`);
    tell = (_asked, given) => {
      void (async () => {
        for (let at = 0; at < bytes.length; at += 7) {
          given.write(bytes.subarray(at, at + 7));
          await new Promise((resolve) => setImmediate(resolve));
        }
        given.end();
      })();
    };
    const { heard, error } = await hear();
    expect(heard).toEqual([{ kind: 'watching' }, news('a', 'i-1'), news('b', 'ä-2'), news('a', 'i-1')]);
    expect(error).toEqual(UNREACHABLE);
  });

  it.each([
    ['closed', (given: ServerResponse) => given.end(line('b', 'i-2').slice(0, 40))],
    ['lost', (given: ServerResponse) => given.write(line('b', 'i-2').slice(0, 40), () => given.destroy())],
  ])('ends with an error when the answer is %s in the middle of a line', async (_how, cut) => {
    tell = (_asked, given) => {
      given.write(line('a', 'i-1'));
      cut(given);
    };
    const { heard, error } = await hear();
    expect(heard).toEqual([{ kind: 'watching' }, news('a', 'i-1')]);
    expect(error).toEqual(UNREACHABLE);
  });

  it.each([
    ['no JSON', '{"Type":\n', 'BLOSM_E_ENGINE_UNREACHABLE'],
    ['no object', 'null\n', 'BLOSM_E_ENGINE'],
    ['a line without an end', 'x'.repeat(2 << 20), 'BLOSM_E_ENGINE'],
  ])('ends with an error when it is %s', async (_what, text, code) => {
    tell = (_asked, given) => given.write(text);
    expect((await hear()).error).toMatchObject({ code });
  });

  it('names nobody where it tells of no owner: there is something to look at all the same', async () => {
    tell = (_asked, given) => given.end('{"Type":"container","Action":"die"}\n');
    const owner = { nodeId: '', serviceId: '', instanceId: '', migrationId: '' };
    expect((await hear()).heard[1]).toEqual({ kind: 'container', containerId: '', owner });
  });

  it('is refused by an engine that does not allow it', async () => {
    tell = (_asked, given) => given.writeHead(403).end('{"message":"forbidden by policy"}');
    const { heard, error } = await hear();
    expect(heard).toEqual([]);
    expect(error).toMatchObject({ code: 'BLOSM_E_ENGINE', message: expect.stringContaining('forbidden') as string });
  });

  it('ends without an error for who stops listening, and the connection with it', async () => {
    const closed = new Promise<void>((resolve) => {
      tell = (asked, given) => {
        asked.socket.once('close', resolve);
        given.write(line('a', 'i-1'), () => stop.abort());
      };
    });
    expect((await hear()).error).toBeNull();
    await closed;
    expect(await hear()).toEqual({ heard: [], error: null });
  });

  it('is handed on as much as it is', async () => {
    tell = (_asked, given) => given.end(line('a', 'i-1').repeat(500));
    expect((await hear()).heard).toHaveLength(501);
  });

  it('is handed on when it is to be seen: not before the engine describes the container, whatever it says', async () => {
    const order: string[] = [];
    tell = (_asked, given) => given.end(line('a', 'i-1') + line('b', 'i-2') + line('c', 'i-3'));
    inspect = (asked, given) => {
      order.push(asked.url?.split('/')[2] ?? '');
      if (order.at(-1) === 'a') setImmediate(() => given.end('{}'));
      else if (order.at(-1) === 'b') given.writeHead(500).end('{"message":"odd"}');
      else given.destroy();
    };
    for await (const one of engine.watch(ME, stop.signal)) {
      order.push(one.kind === 'container' ? `${one.containerId} told` : one.kind);
      if (order.length === 7) break;
    }
    expect(order).toEqual(['watching', 'a', 'a told', 'b', 'b told', 'c', 'c told']);
  });
});

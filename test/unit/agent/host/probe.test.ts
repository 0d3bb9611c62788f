import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createProbe } from '../../../../agent/adapters/http/probe';

describe('probe', () => {
  let server: Server;
  let port: number;
  const sockets = new Set<unknown>();

  beforeAll(async () => {
    server = createServer((asked, answer) => {
      const status = Number(asked.url?.slice(1));
      if (status === 0) return;
      if (status === 201) sockets.add(asked.socket);
      answer.writeHead(status, { location: '/200' }).end('x'.repeat(200_000));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const ask = (path: string, options = {}) => createProbe().isHealthy('127.0.0.1', port, path, options);

  it.each([
    ['/200', true],
    ['/204', true],
    ['/302', false],
    ['/404', false],
    ['/503', false],
  ])('judges %s', async (path, expected) => {
    expect(await ask(path)).toBe(expected);
  });

  it('takes silence for ill, at the deadline', async () => {
    expect(await ask('/0', { timeoutMs: 50 })).toBe(false);
  });

  it('takes a closed port for ill', async () => {
    expect(await createProbe().isHealthy('127.0.0.1', 1, '/200')).toBe(false);
  });

  it('can be cancelled, before and meanwhile', async () => {
    await expect(ask('/200', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'BLOSM_E_CANCELLED' });
    const cancel = new AbortController();
    const asked = ask('/0', { signal: cancel.signal });
    setImmediate(() => cancel.abort());
    await expect(asked).rejects.toMatchObject({ code: 'BLOSM_E_CANCELLED' });
  });

  it('uses a connection once', async () => {
    await ask('/201');
    await ask('/201');
    expect(sockets.size).toBe(2);
  });
});

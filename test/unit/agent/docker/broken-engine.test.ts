import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connectDocker } from '../../../../agent/adapters/docker';
import type { Engine } from '../../../../agent/ports/engine';
import { NO_HOST } from '../../../support/no-host';

const REFERENCE = 'r:5000/blosm/a:1';
const ignore = (): void => undefined;
const INFO = { ServerVersion: '99', Driver: 'overlay2', OSType: 'linux', Architecture: 'x86_64', NCPU: 2, MemTotal: 1 };
const IMAGE = { Id: 'sha256:1', Size: 1, Os: 'linux', Architecture: 'amd64', RootFS: { Layers: [] } };

describe('an engine that breaks off', () => {
  let folder: string;
  let server: Server;
  let engine: Engine;
  let answer: (asked: IncomingMessage, given: ServerResponse) => void;

  beforeAll(async () => {
    folder = mkdtempSync('/tmp/be-');
    server = createServer((asked, given) => {
      asked.resume();
      if (asked.url?.startsWith('/info') === true) given.end(JSON.stringify(INFO));
      else if (asked.url?.startsWith('/images/r:5000/blosm/a:1/json') === true) given.end(JSON.stringify(IMAGE));
      else answer(asked, given);
    });
    const socketPath = `${folder}/s`;
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    engine = connectDocker({ socketPath, network: 'bridge', registry: { address: 'r:5000' }, host: NO_HOST });
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });

  const push = () => engine.pushImage(REFERENCE, ignore, { timeoutMs: 5000 });

  it('fails a push whose answer ends without a digest', async () => {
    answer = (_asked, given) => given.end('{"status":"The push refers to repository [r:5000/blosm/a]"}\r\n');
    await expect(push()).rejects.toMatchObject({ code: 'BLOSM_E_ENGINE_UNREACHABLE' });
  });

  it('fails a push whose connection is cut', async () => {
    answer = (_asked, given) => {
      given.write('{"status":"Pushing","id":"aaaaaaaaaaaa"}\r\n');
      setTimeout(() => given.destroy(), 10);
    };
    await expect(push()).rejects.toMatchObject({ code: 'BLOSM_E_ENGINE_UNREACHABLE' });
  });

  it('fails a push that the engine reports as failed inside its answer', async () => {
    answer = (_asked, given) =>
      given.end('{"errorDetail":{"message":"no space left on device"},"error":"no space"}\r\n');
    await expect(push()).rejects.toMatchObject({ code: 'BLOSM_E_NO_SPACE', stage: 'push' });
  });

  it('tells the engine when there are no credentials, which it insists on', async () => {
    let header: string | undefined;
    answer = (asked, given) => {
      header = asked.headers['x-registry-auth']?.toString();
      given.end(`{"aux":{"Digest":"sha256:${'1'.repeat(64)}"}}\r\n`);
    };
    expect((await push()).sentBytes).toBe(0);
    expect(Buffer.from(header!, 'base64url').toString()).toBe('{}');
  });

  it('ends a question whose answer is cut in the middle', async () => {
    answer = (_asked, given) => {
      given.writeHead(200, { 'content-length': '1000' });
      given.write('[');
      setTimeout(() => given.destroy(), 10);
    };
    const list = engine.listContainers('Edge1MSP', { timeoutMs: 500 });
    await expect(list).rejects.toThrow(/BLOSM_E_(?:ENGINE_UNREACHABLE|TIMEOUT)/);
  });
});

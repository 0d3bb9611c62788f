import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How a registry misbehaves. */
export type RegistryMood = 'honest' | 'broken' | 'denying' | 'cutting-blobs' | 'altering-blobs' | 'silent';

export interface RegistryProxy {
  /** host:port */
  readonly address: string;
  mood: RegistryMood;
  /** Paths asked for since the start, with their methods. */
  readonly asked: string[];
  close(): Promise<void>;
}

/** A registry in front of a real one that does wrong on demand. */
export async function startRegistryProxy(target: string): Promise<RegistryProxy> {
  const [host = '', port = ''] = target.split(':');
  const state: { mood: RegistryMood; asked: string[] } = { mood: 'honest', asked: [] };
  const server = createServer((asked, answer) => {
    state.asked.push(`${asked.method ?? ''} ${asked.url ?? ''}`);
    if (refuses(state.mood, answer)) return;
    const onward = request({ host, port, method: asked.method, path: asked.url, headers: asked.headers }, (given) =>
      relay(given, answer, isBlob(asked) ? state.mood : 'honest'),
    );
    onward.on('error', () => answer.destroy());
    asked.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(state, {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}

const isBlob = (asked: IncomingMessage): boolean => asked.method === 'GET' && (asked.url ?? '').includes('/blobs/');

function refuses(mood: RegistryMood, answer: ServerResponse): boolean {
  if (mood === 'silent') return true;
  if (mood === 'broken') {
    answer.writeHead(500).end('{"errors":[{"code":"UNKNOWN","message":"disk on fire"}]}');
    return true;
  }
  if (mood === 'denying') {
    answer
      .writeHead(401, { 'www-authenticate': 'Basic realm="test"' })
      .end('{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}');
    return true;
  }
  return false;
}

function relay(given: IncomingMessage, answer: ServerResponse, mood: RegistryMood): void {
  answer.writeHead(given.statusCode ?? 500, given.headers);
  if (mood === 'cutting-blobs') {
    given.once('data', (chunk: Buffer) => {
      answer.write(chunk.subarray(0, 1 + chunk.length / 2));
      setImmediate(() => answer.destroy());
    });
    return;
  }
  if (mood === 'altering-blobs') {
    given.on('data', (chunk: Buffer) => {
      const altered = Buffer.from(chunk);
      altered[altered.length - 1] = (altered[altered.length - 1] ?? 0) ^ 0xff;
      answer.write(altered);
    });
    given.on('end', () => answer.end());
    return;
  }
  given.pipe(answer);
}

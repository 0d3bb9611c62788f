import { createServer } from 'node:net';
import type { ListenLook } from '../../domain/doctor/machine';

/** Takes an address for a moment to see whether it can be had. @param listen `host:port` or `[v6]:port` */
export function inspectListen(listen: string): Promise<ListenLook> {
  const colon = listen.lastIndexOf(':');
  const host = listen.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      resolve({ isFree: false, code: error.code ?? error.message }),
    );
    server.listen({ host, port: Number(listen.slice(colon + 1)), exclusive: true }, () => {
      server.close(() => resolve({ isFree: true }));
    });
  });
}

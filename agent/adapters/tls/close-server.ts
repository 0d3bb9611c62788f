import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * Closes a server for good.
 * @param tunnels connections that left HTTP; the server no longer knows them
 * @param graceMs how long requests may end by themselves
 */
export async function closeServer(server: Server, tunnels: ReadonlySet<Duplex>, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A kept connection becomes idle only when its request has ended, which the server does not look at again.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  const timer = setTimeout(() => {
    server.closeAllConnections();
    for (const socket of tunnels) socket.destroy();
  }, graceMs);
  try {
    await closed;
  } finally {
    clearInterval(sweep);
    clearTimeout(timer);
  }
}

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Log } from '../../ports/log';
import type { MetricsPage } from '../../ports/metrics';
import { closeServer, listenOn, type ListenAddress } from '../tls';

export interface MetricsServer {
  readonly address: ListenAddress;
  close(): Promise<void>;
}

/**
 * Answers `GET /metrics` and nothing else, to anybody: figures hold no secrets, and scrapers cannot be asked to be
 * operators.
 * @throws BlosmError BLOSM_E_CONFIG_INVALID when the address cannot be had
 */
export async function startMetricsServer(listen: string, page: MetricsPage, log: Log): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    answer(request, response, page).catch((error: unknown) => {
      log.warn({ error }, 'the figures cannot be told');
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end();
    });
  });
  server.headersTimeout = 10_000;
  const address = await listenOn(server, listen, 'scrapers');
  return { address, close: () => closeServer(server, new Set(), 1000) };
}

async function answer(request: IncomingMessage, response: ServerResponse, page: MetricsPage): Promise<void> {
  const [path] = (request.url ?? '').split('?');
  if (path !== '/metrics' || (request.method !== 'GET' && request.method !== 'HEAD')) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('GET /metrics is all there is here\n');
    return;
  }
  const text = await page.text();
  response.writeHead(200, { 'content-type': page.contentType }).end(request.method === 'HEAD' ? undefined : text);
}

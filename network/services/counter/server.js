'use strict';

// A service whose state is a file in its writable layer: POST /count appends a line and answers the new count, which is
// also told to whoever listens at /live by a WebSocket.
const { createServer } = require('node:http');
const { createLiveCounts } = require('./live-counts');
const { openLog } = require('./log-file');

const LARGEST_BODY_BYTES = 64 * 1024;
const PORT = Number(process.env.PORT ?? 8080);
const LOG_PATH = process.env.COUNTER_LOG ?? '/data/counter.log';

const log = openLog(LOG_PATH);
const live = createLiveCounts();

const server = createServer((request, response) => {
  route(request).then(
    ([status, body]) => answer(response, status, body),
    (error) => answer(response, error.status ?? 500, { error: String(error.message) }),
  );
});

async function route(request) {
  const path = new URL(request.url, 'http://service').pathname;
  if (path === '/healthz' && request.method === 'GET') return [200, { ok: true }];
  if (path !== '/count') return [404, { error: `no such path: ${path}` }];
  if (request.method === 'GET') return [200, { count: log.count(), last: log.entry(log.count()) ?? null }];
  if (request.method !== 'POST') return [405, { error: 'GET or POST' }];
  // The body names the count, so that a client can check that none was lost or made twice.
  const made = log.append(await readBody(request));
  live.tell({ count: made.count });
  return [200, made];
}

async function readBody(request) {
  const chunks = [];
  let sizeBytes = 0;
  for await (const chunk of request) {
    sizeBytes += chunk.length;
    if (sizeBytes > LARGEST_BODY_BYTES) {
      throw Object.assign(new Error(`a body has at most ${LARGEST_BODY_BYTES} bytes`), { status: 413 });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function answer(response, status, body) {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

server.on('upgrade', (request, socket) => {
  if (new URL(request.url, 'http://service').pathname === '/live') live.accept(request, socket);
  else socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
});

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => {
    live.end();
    server.close(() => {
      log.close();
      process.exit(0);
    });
    // Whoever keeps a connection open without asking anything must not hold up the stop.
    setTimeout(() => server.closeAllConnections(), 500).unref();
  });
}

server.listen(PORT, () => console.log(`counter: listening on ${PORT}, ${log.count()} counts in ${LOG_PATH}`));

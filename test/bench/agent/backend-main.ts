import { createServer } from 'node:http';

/** The service behind everything that is compared: answers a short text, and what it is sent to a POST. Prints its port. */
const BODY = 'counted\n';

const server = createServer((request, response) => {
  if (request.method === 'POST') {
    request.pipe(response);
    return;
  }
  request.resume();
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': BODY.length });
  response.end(BODY);
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`${JSON.stringify({ port: typeof address === 'object' ? address?.port : 0 })}\n`);
});

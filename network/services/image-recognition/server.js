'use strict';

// Names what a photo shows: POST /recognize with the photo as body. GET /healthz answers 200 only once the network
// has answered for the first time, which takes far longer than every answer after it.
const { createServer } = require('node:http');
const { INPUT_SIDE, toTensor } = require('./pixels');
const { loadNetwork } = require('./recognition');

const LARGEST_PHOTO_BYTES = 32 * 1024 * 1024;
const PORT = Number(process.env.PORT ?? 8080);
const MODEL_DIR = process.env.MODEL_DIR ?? '/model';

/** Undefined until the network is warm. */
let network;

const server = createServer((request, response) => {
  route(request).then(
    ([status, body]) => answer(response, status, body),
    (error) => answer(response, error.status ?? 500, { error: String(error.message) }),
  );
});

async function route(request) {
  const path = new URL(request.url, 'http://service').pathname;
  if (path === '/healthz') return network ? [200, { ok: true, ...network.facts }] : [503, { error: 'not warm yet' }];
  if (path !== '/recognize') return [404, { error: `no such path: ${path}` }];
  if (request.method !== 'POST') return [405, { error: 'POST a photo' }];
  const photo = await readBody(request);
  if (!network) return [503, { error: 'not warm yet' }];
  const planes = await toTensor(photo).catch((error) => {
    throw Object.assign(new Error(`not a photo that can be read: ${error.message}`), { status: 415 });
  });
  return [200, await network.recognize(planes)];
}

async function readBody(request) {
  const chunks = [];
  let sizeBytes = 0;
  for await (const chunk of request) {
    sizeBytes += chunk.length;
    if (sizeBytes > LARGEST_PHOTO_BYTES) {
      throw Object.assign(new Error(`a photo has at most ${LARGEST_PHOTO_BYTES} bytes`), { status: 413 });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function answer(response, status, body) {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

async function warmUp() {
  const loaded = await loadNetwork(MODEL_DIR);
  await loaded.recognize(new Float32Array(3 * INPUT_SIDE * INPUT_SIDE));
  network = loaded;
  console.log(`image-recognition: warm, model ${loaded.facts.name}${loaded.facts.generated ? ' (generated)' : ''}`);
}

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => {
    server.close(() => process.exit(0));
    // Whoever keeps a connection open without asking anything must not hold up the stop.
    setTimeout(() => server.closeAllConnections(), 500).unref();
  });
}

server.listen(PORT, () => console.log(`image-recognition: listening on ${PORT}`));
warmUp().catch((error) => {
  console.error(`image-recognition: the model in ${MODEL_DIR} cannot be used: ${error.message}`);
  process.exit(1);
});

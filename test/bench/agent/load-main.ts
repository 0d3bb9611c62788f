import { Client } from 'undici';
import { z } from 'zod';

/**
 * Asks one address over so many connections at once, each sending its next request when it has its answer. Prints each
 * one's time in milliseconds, and how long all took, as JSON.
 */
const Order = z.object({
  url: z.url(),
  headers: z.record(z.string(), z.string()),
  connections: z.int().min(1),
  requests: z.int().min(1),
});

async function main(): Promise<void> {
  const { url, headers, connections, requests } = Order.parse(JSON.parse(process.argv[2] ?? '{}'));
  const { origin, pathname } = new URL(url);
  const clients = Array.from({ length: connections }, () => new Client(origin, { pipelining: 1 }));
  const ask = async (client: Client): Promise<number> => {
    const startedMs = performance.now();
    const { statusCode, body } = await client.request({ path: pathname, method: 'GET', headers });
    await body.dump();
    if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}`);
    return performance.now() - startedMs;
  };
  const run = async (count: number): Promise<number[]> => {
    const times: number[] = [];
    let left = count;
    const loop = async (client: Client): Promise<void> => {
      while (left-- > 0) times.push(await ask(client));
    };
    await Promise.all(clients.map(loop));
    return times;
  };
  // A fresh program's first requests measure its compiler.
  const warmUp = Math.min(requests, 300);
  await run(warmUp);
  const startedMs = performance.now();
  const times = await run(requests);
  const tookMs = performance.now() - startedMs;
  process.stdout.write(`${JSON.stringify({ times, tookMs, sent: warmUp + times.length })}\n`);
  await Promise.all(clients.map((client) => client.close()));
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});

import { z } from 'zod';
import { timeEach } from './load';

/** Run inside a namespace by the gateway bench: times requests and prints the times as JSON. */
const Order = z.object({ url: z.url(), headers: z.record(z.string(), z.string()), count: z.number() });

const WARM_UP = 100;

async function main(): Promise<void> {
  const { url, headers, count } = Order.parse(JSON.parse(process.argv[2] ?? '{}'));
  // A fresh program's first requests measure its compiler.
  await timeEach(url, headers, WARM_UP);
  process.stdout.write(JSON.stringify(await timeEach(url, headers, count)));
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});

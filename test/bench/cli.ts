import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startControlServer } from '../../agent/adapters/control';
import { packageRoot } from '../../network/package-root';
import { FakeControl } from '../fakes/control';
import type { BenchReport, Figure } from './report';
import { summarize, type Summary } from './statistics';

const RUNS = 40;
const WARM_UP = 3;
const silent = (): void => undefined;

/**
 * How long `blosm status` takes from its start to its end, with an agent that answers at once; beside it what starting
 * Node alone takes, in turn, so that what else the machine does meets both.
 */
export async function benchCli(): Promise<BenchReport> {
  const folder = mkdtempSync(join(tmpdir(), 'blosm-bench-cli-'));
  const socketPath = join(folder, 'agent.sock');
  const log = { debug: silent, info: silent, warn: silent, error: silent };
  const server = await startControlServer({ service: new FakeControl(), socketPath, log });
  const program = join(packageRoot(), 'agent/bin/blosm.js');
  const ways = { node: ['-e', '0'], status: [program, 'status', '--agent', socketPath], version: [program, 'version'] };
  const times: Record<keyof typeof ways, number[]> = { node: [], status: [], version: [] };
  try {
    for (let run = -WARM_UP; run < RUNS; run += 1) {
      for (const name of ['node', 'status', 'version'] as const) {
        const tookMs = await timeProgram(ways[name]);
        if (run >= 0) times[name].push(tookMs);
      }
    }
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return {
    bench: 'cli',
    figures: [
      ...figures('blosm status', summarize(times.status), 'target: 300 ms'),
      ...figures('blosm version', summarize(times.version), ''),
      ...figures('node -e 0', summarize(times.node), 'of which no program is faster'),
    ],
    rows: times.status.map((statusMs, run) => ({ statusMs, versionMs: times.version[run], nodeMs: times.node[run] })),
  };
}

const figures = (what: string, { p50, p95, min, count }: Summary, note: string): Figure[] => [
  { what: `${what}, p50`, unit: 'ms', value: p50, note: `${count} runs${note === '' ? '' : `; ${note}`}` },
  { what: '- p95', unit: 'ms', value: p95, note: '' },
  { what: '- fastest', unit: 'ms', value: min, note: '' },
];

async function timeProgram(args: readonly string[]): Promise<number> {
  const startMs = performance.now();
  const child = spawn(process.execPath, args, { stdio: 'ignore' });
  const [exitCode] = (await once(child, 'exit')) as [number | null];
  if (exitCode !== 0) throw new Error(`${args.join(' ')} ended with ${exitCode}`);
  return performance.now() - startMs;
}

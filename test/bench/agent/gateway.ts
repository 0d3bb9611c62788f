import { loadavg } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { packageRoot } from '../../../network/package-root';
import { runCommand } from '../../../network/processes';
import type { BenchReport, Figure } from '../report';
import { percentile } from '../statistics';
import { startNginx } from './nginx';
import { streamThrough } from './stream';
import { canPin, onCore, startPinned, type PinnedProgram } from './pinned';

const ROUNDS = 5;
/** Of each round: one after the other, then so many at once. */
const ALONE = 600;
const TOGETHER = 4000;
const CONNECTIONS = 16;
const STREAM_BYTES = 2 ** 30;

/** What is compared stands alone on its core; who asks and the service share the other one. */
const PROXY_CORE = 0;
const OTHER_CORE = 1;

interface Way {
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined: nobody stands between. */
  readonly proxy: PinnedProgram | undefined;
}

interface Measured {
  readonly timesMs: number[];
  readonly perSecond: number[];
  /** CPU time of the proxy for one request, in milliseconds. */
  readonly cpuMs: number[];
}

/**
 * The gateway with the agent's router beside a plain reverse proxy and beside nobody: the same service, the same client,
 * in turn.
 */
export async function benchGatewayAlone(say: (line: string) => void): Promise<BenchReport> {
  const programs: PinnedProgram[] = [];
  const [loadBefore = 0] = loadavg();
  const kept = async <T extends PinnedProgram | undefined>(starting: Promise<T>): Promise<T> => {
    const program = await starting;
    if (program !== undefined) programs.push(program);
    return program;
  };
  try {
    const service = await kept(startPinned(OTHER_CORE, program('backend-main.js')));
    const nginx = await kept(startNginx(PROXY_CORE, service.port));
    const gateway = await kept(startGatewayBefore(service.port));
    const ways = [
      { name: 'asked directly', url: urlOf(service.port), headers: {}, proxy: undefined },
      ...(nginx === undefined ? [] : [{ name: 'by nginx', url: urlOf(nginx.port), headers: {}, proxy: nginx }]),
      { ...(await wayThrough(gateway)), name: 'by the gateway', proxy: gateway },
    ];
    const measured = await measureInTurn(ways, say);
    say('1 GiB both ways');
    const streamed = await measureStream(ways.at(-1));
    return {
      bench: 'agent: gateway',
      figures: [...figuresOf(measured), ...streamed],
      notes: notesOf(nginx !== undefined, loadBefore),
    };
  } finally {
    for (const started of programs.reverse()) await started.stop();
  }
}

const program = (file: string, ...args: string[]): string[] => [process.execPath, join(__dirname, file), ...args];
const urlOf = (port: number): string => `http://127.0.0.1:${port}/counter/count`;

/** The contracts of the ledger in memory find their packages where the chaincode has them. */
function startGatewayBefore(backendPort: number): Promise<PinnedProgram> {
  const env = { NODE_PATH: join(packageRoot(), 'chaincode', 'node_modules') };
  return startPinned(PROXY_CORE, program('proxy-main.js', String(backendPort)), { env });
}

/** A device's first request gives it an instance, and the token for it. */
async function wayThrough({ port }: PinnedProgram): Promise<Pick<Way, 'url' | 'headers'>> {
  const url = urlOf(port);
  const answer = await fetch(url, { headers: { 'x-blosm-device': 'bench' } });
  const token = answer.headers.get('x-blosm-token');
  if (answer.status !== 200 || token === null) throw new Error(`the gateway answered ${answer.status}`);
  return { url, headers: { 'x-blosm-token': token } };
}

/** In turn, so that what else the machine does meets all of them. */
async function measureInTurn(ways: readonly Way[], say: (line: string) => void): Promise<Map<Way, Measured>> {
  const measured = new Map(ways.map((way): [Way, Measured] => [way, { timesMs: [], perSecond: [], cpuMs: [] }]));
  for (let round = 1; round <= ROUNDS; round += 1) {
    say(`round ${round} of ${ROUNDS}`);
    for (const [way, { timesMs, perSecond, cpuMs }] of measured) {
      const alone = await load(way, 1, ALONE);
      const cpuBeforeMs = way.proxy?.cpuMs() ?? 0;
      const together = await load(way, CONNECTIONS, TOGETHER);
      const cpuAfterMs = way.proxy?.cpuMs() ?? 0;
      timesMs.push(...alone.times);
      perSecond.push((together.times.length / together.tookMs) * 1000);
      cpuMs.push((cpuAfterMs - cpuBeforeMs) / together.sent);
    }
  }
  return measured;
}

/** What a body of any size costs: the gateway passes it on piece by piece. */
async function measureStream(way: Way | undefined): Promise<Figure[]> {
  if (way?.proxy === undefined) return [];
  const beforeBytes = way.proxy.peakBytes();
  const startedMs = performance.now();
  const received = await streamThrough(way.url, way.headers, STREAM_BYTES);
  const tookSeconds = (performance.now() - startedMs) / 1000;
  if (received !== STREAM_BYTES) throw new Error(`${received} of ${STREAM_BYTES} bytes came back`);
  const grownMiB = (way.proxy.peakBytes() - beforeBytes) / 2 ** 20;
  const note = 'of the agent: its highest resident memory so far';
  return [
    {
      what: '1 GiB through the gateway, both ways at once',
      unit: 'MB/s',
      value: received / 1e6 / tookSeconds,
      note: '',
    },
    { what: '- memory grown meanwhile', unit: 'MiB', value: grownMiB, note },
  ];
}

const Load = z.object({ times: z.array(z.number()), tookMs: z.number(), sent: z.number() });

async function load({ url, headers }: Way, connections: number, requests: number): Promise<z.infer<typeof Load>> {
  const order = JSON.stringify({ url, headers, connections, requests });
  const { stdout } = await runCommand(onCore(OTHER_CORE, program('load-main.js', order)));
  return Load.parse(JSON.parse(stdout));
}

function figuresOf(measured: ReadonlyMap<Way, Measured>): Figure[] {
  const all = [...measured].map(([way, { timesMs, perSecond, cpuMs }]) => ({
    ...way,
    p10: percentile(timesMs, 10),
    p50: percentile(timesMs, 50),
    p99: percentile(timesMs, 99),
    perSecond: percentile(perSecond, 50),
    cpuMs: percentile(cpuMs, 50),
  }));
  const [direct] = all;
  return all.flatMap(({ name, proxy, p10, p50, p99, perSecond, cpuMs }) => [
    { what: `${name}, p50`, unit: 'ms', value: p50, note: `${ROUNDS * ALONE} requests, one after the other` } as const,
    { what: '- p99', unit: 'ms', value: p99, note: '' } as const,
    { what: '- requests a second', unit: '1/s', value: perSecond, note: `${CONNECTIONS} connections, median` } as const,
    ...(proxy === undefined || direct === undefined
      ? []
      : ([
          { what: `${name}, added p50`, unit: 'ms', value: p50 - direct.p50, note: targetOf(name) },
          { what: '- added p10', unit: 'ms', value: p10 - direct.p10, note: 'where nobody else had the core' },
          { what: '- added p99', unit: 'ms', value: p99 - direct.p99, note: '' },
          { what: '- CPU time of a request', unit: 'ms', value: cpuMs, note: 'of the proxy, at full load' },
        ] as const)),
  ]);
}

const targetOf = (name: string): string => (name === 'by the gateway' ? 'target: 1 ms' : '');

function notesOf(hasNginx: boolean, loadBefore: number): string[] {
  return [
    `others kept ${loadBefore.toFixed(1)} programs running on this machine when it began; above 0 all times are too long`,
    canPin()
      ? 'the proxies stand on core 0, one at work at a time; who asks and the service share core 1'
      : 'programs were not held to cores: there is one core, or no taskset (util-linux)',
    'the agent’s ledger and engine are in memory: what Fabric and Docker use beside it is not in these figures',
    ...(hasNginx ? [] : ['nginx is not installed and was left out; on Debian: apt-get install nginx-light']),
  ];
}

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import Docker from 'dockerode';
import {
  ensureProcess,
  runCommand,
  stopProcess,
  tryCommand,
  waitUntil,
  type ProcessSpec,
} from '../../network/processes';
import { DAEMON_ENVIRONMENT } from '../../network/sandbox/engine/environment';

/** Real container engines and registries for tests, all under one folder, and everything taken away at the end. */
export interface DockerBench {
  readonly folder: string;
  engine(name: string): Promise<TestEngine>;
  registry(name: string): Promise<TestRegistry>;
  close(): Promise<void>;
}

export interface TestEngine {
  readonly socketPath: string;
  /** The network that containers join. */
  readonly network: string;
  readonly docker: Docker;
  /** With its containers; at the end of a test it is stopped by itself. */
  stop(): Promise<void>;
}

export interface TestRegistry {
  /** host:port */
  readonly address: string;
  start(): Promise<void>;
  /** kill -9 */
  kill(): Promise<void>;
}

export function createDockerBench(): DockerBench {
  // Sockets' paths are limited to 108 bytes.
  const folder = mkdtempSync('/tmp/bd-');
  const closers: (() => Promise<void>)[] = [];
  return {
    folder,
    engine: async (name) => {
      const engine = await startEngine(folder, name, closers.length + 1);
      closers.push(engine.stop);
      await engine.ready();
      return engine;
    },
    registry: async (name) => {
      const registry = await createRegistry(folder, name);
      closers.push(registry.kill);
      await registry.start();
      return registry;
    },
    close: async () => {
      for (const close of closers.reverse()) await close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startEngine(folder: string, name: string, index: number) {
  const home = join(folder, name);
  const bridge = `bd${process.pid % 100_000}-${index}`;
  const subnet = `172.30.${process.pid % 256}.${(index % 16) * 16}/28`;
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'daemon.json'), '{}');
  await runCommand(['ip', 'link', 'add', bridge, 'type', 'bridge']);
  await runCommand([
    'ip',
    'addr',
    'add',
    subnet.replace(/\.(\d+)\/28$/, (_, last) => `.${Number(last) + 1}/28`),
    'dev',
    bridge,
  ]);
  await runCommand(['ip', 'link', 'set', bridge, 'up']);
  const socketPath = join(home, 'd.sock');
  const docker = new Docker({ socketPath });
  const spec: ProcessSpec = {
    name: `test engine ${name}`,
    command: [
      'dockerd',
      ...[
        '--config-file',
        join(home, 'daemon.json'),
        '--data-root',
        join(home, 'data'),
        '--exec-root',
        join(home, 'x'),
      ],
      ...['--pidfile', join(home, 'd.pid'), '-H', `unix://${socketPath}`, '--bridge', bridge, '--group', 'root'],
      ...['--iptables=false', '--ip6tables=false', '--ip-forward=false', '--ip-masq=false', '--userland-proxy=false'],
      ...['--oom-score-adjust=0', '--shutdown-timeout=2', '--max-download-attempts=2'],
    ],
    env: DAEMON_ENVIRONMENT,
    logFile: join(home, 'log'),
    stateFile: join(home, 'd.json'),
  };
  await ensureProcess(spec);
  return {
    socketPath,
    network: 'bridge',
    docker,
    ready: () =>
      waitUntil(async () => (await docker.ping()) !== undefined, {
        deadlineMs: 30_000,
        what: `${spec.name} to answer`,
      }),
    stop: async () => {
      const containers = await docker.listContainers({ all: true }).catch(() => []);
      await Promise.all(containers.map((one) => docker.getContainer(one.Id).remove({ force: true, v: true })));
      await stopProcess(spec.stateFile, { graceMs: 15_000 });
      await unmountBelow(home);
      await tryCommand(['ip', 'link', 'del', bridge]);
    },
  };
}

async function unmountBelow(folder: string): Promise<void> {
  const points = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((point) => point.startsWith(`${folder}/`));
  for (const point of points.reverse()) await tryCommand(['umount', '-l', point]);
}

async function createRegistry(folder: string, name: string) {
  const home = join(folder, name);
  mkdirSync(home, { recursive: true });
  const address = `127.0.0.1:${await freePort()}`;
  const settings = {
    version: '0.1',
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(home, 'images') } },
    http: { addr: address, relativeurls: true },
  };
  writeFileSync(join(home, 'registry.yaml'), JSON.stringify(settings));
  const spec: ProcessSpec = {
    name: `test registry ${name}`,
    command: ['docker-registry', 'serve', join(home, 'registry.yaml')],
    env: { ...DAEMON_ENVIRONMENT, OTEL_TRACES_EXPORTER: 'none' },
    logFile: join(home, 'log'),
    stateFile: join(home, 'registry.json'),
  };
  return {
    address,
    start: async () => {
      await ensureProcess(spec);
      const answers = async () => (await fetch(`http://${address}/v2/`)).ok;
      await waitUntil(answers, { deadlineMs: 20_000, what: `${spec.name} to answer` });
    },
    kill: async () => {
      await stopProcess(spec.stateFile, { graceMs: 0 });
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

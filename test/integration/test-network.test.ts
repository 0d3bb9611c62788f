import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../network/package-root';
import { tryCommand, waitUntil } from '../../network/processes';
import { startTestNetwork, type NativeTestNetwork } from '../support/test-network';
import { shellBlocks } from './support/readme-blocks';

jest.setTimeout(300_000);

const PAGE = join(packageRoot(), 'network/test-network.md');
/** Whether this machine can run a Docker Engine of the test's own; without one the agents say that theirs is down. */
const DOCKERD = '/usr/sbin/dockerd';
const HAS_ENGINE = process.getuid?.() === 0 && existsSync(DOCKERD);

/** The page's ports, and those of the test, where nothing of a developer listens. */
const PORTS: Readonly<Record<string, number>> = {
  7050: 22_050,
  7051: 22_051,
  9051: 22_061,
  8081: 22_081,
  8082: 22_082,
  8444: 22_444,
  8445: 22_445,
};
const withPorts = (script: string) =>
  script.replaceAll(/\b(7050|7051|9051|8081|8082|8444|8445)\b/g, (port) => String(PORTS[port]));

describe('the page network/test-network.md, on a native network laid out like test-network', () => {
  let work: string;
  let network: NativeTestNetwork;
  let engine: ChildProcess | undefined;
  const engineSocket = () => join(work, 'docker/docker.sock');

  async function startEngine(): Promise<void> {
    const at = (name: string) => join(work, 'docker', name);
    const folders = ['--data-root', at('data'), '--exec-root', at('exec'), '--pidfile', at('pid')];
    const flags = ['--iptables=false', '--ip6tables=false', '--bridge=none'];
    engine = spawn(DOCKERD, ['-H', `unix://${engineSocket()}`, ...folders, ...flags], { stdio: 'ignore' });
    await waitUntil(() => existsSync(engineSocket()), { deadlineMs: 60_000, what: 'the Docker Engine' });
  }

  beforeAll(async () => {
    work = mkdtempSync(join(tmpdir(), 'blosm-page-'));
    network = await startTestNetwork(work, { orderer: 22_050, peers: [22_051, 22_061] });
    if (HAS_ENGINE) await startEngine();
  });

  afterAll(async () => {
    if (engine !== undefined) {
      const ended = once(engine, 'exit');
      engine.kill('SIGTERM');
      await ended;
    }
    await network.down();
    rmSync(work, { recursive: true, force: true });
  });

  it('does what it says, block by block', async () => {
    const blocks = shellBlocks(PAGE, '## Two agents');
    expect(blocks.length).toBeGreaterThan(8);
    const env = {
      ...{ BLOSM: packageRoot(), TEST_NETWORK: network.folder, BLOSM_DOCKER_SOCKET: engineSocket() },
      ...{ PATH: process.env['PATH'] ?? '', HOME: work },
    };
    // Whatever breaks off, no agent stays behind.
    const script = [
      "trap 'kill $(jobs -p) 2> /dev/null || true; wait' EXIT",
      ...blocks.map((block, index) => `${withPorts(block.script)}\necho "== ${index}"`),
    ].join('\n');
    const { exitCode, stdout, stderr } = await tryCommand(['bash', '-euo', 'pipefail', '-c', script], {
      cwd: work,
      env,
      timeoutMs: 150_000,
    });
    expect(`${exitCode}\n${exitCode === 0 ? '' : stderr}`).toBe('0\n');
    const outputs = stdout.split(/^== \d+\n/m);
    for (const [index, { expected }] of blocks.entries()) {
      if (expected === undefined) continue;
      const line = outputs[index]?.trimEnd().split('\n').at(-1) ?? '';
      expect(JSON.parse(line)).toMatchObject(expected as object);
    }
    const status = readFileSync(join(work, 'org1/status.txt'), 'utf8');
    expect(status).toMatch(/org1 \(Org1MSP\)/);
  });
});

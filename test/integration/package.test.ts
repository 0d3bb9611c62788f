import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  createReadStream,
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { extract, pack } from 'tar-stream';
import { packageRoot } from '../../network/package-root';
import { runCommand, tryCommand, waitUntil } from '../../network/processes';
import { oddIdentity } from '../support/odd-certificates';
import { UNIT_FILE } from '../support/systemd-unit';
import { pageScripts, sectionScripts } from './support/readme-blocks';

// On a busy machine packing and unpacking some thousand files takes a minute each.
jest.setTimeout(360_000);

/** npm asks no registry and runs nothing of a package. */
const OFFLINE = {
  npm_config_offline: 'true',
  npm_config_ignore_scripts: 'true',
  npm_config_audit: 'false',
  npm_config_fund: 'false',
};
const GUIDE = join(packageRoot(), 'agent/docs/operations.md');

/** 0: there is none. */
function systemdRelease(): number {
  const { stdout } = spawnSync('systemd-analyze', ['--version'], { encoding: 'utf8', timeout: 10_000 });
  return Number(/^systemd (\d+)/.exec(typeof stdout === 'string' ? stdout : '')?.[1] ?? 0);
}

const HAS_SYSTEMD = systemdRelease() >= 250;
const itWithSystemd = HAS_SYSTEMD ? it : it.skip;
const WHY_NOT = HAS_SYSTEMD ? '' : ' (skipped: there is no systemd-analyze of 250 or newer)';

interface Lock {
  readonly packages: Readonly<
    Record<string, { readonly version?: string; readonly dev?: boolean; readonly optional?: boolean }>
  >;
}

/** The package as a user has it: packed, and installed into an empty folder without a registry. */
describe('the package that is installed', () => {
  let folder: string;
  let installed: string;
  let agent: ChildProcess | undefined;
  const root = packageRoot();
  const read = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as unknown;
  const program = (): string => join(folder, 'prefix/bin/blosm');
  const blosm = (line: string) => tryCommand([program(), ...line.split(' ')], { cwd: folder, timeoutMs: 60_000 });
  /** The operator's guide's commands, without a registry and below the folder instead of the machine's own places. */
  const runBlocks = async (heading: string, packages: string): Promise<void> => {
    const own = { npm_config_prefix: join(folder, 'prefix'), PACKAGES: packages };
    const env = { ...process.env, ...OFFLINE, ...own };
    const scripts = sectionScripts(GUIDE, heading, 'bash');
    expect(scripts).toHaveLength(1);
    for (const script of scripts) {
      await runCommand(['bash', '-euo', 'pipefail', '-c', script], { cwd: root, env, timeoutMs: 300_000 });
    }
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'blosm-package-'));
    await runBlocks('## Install', folder);
    installed = join(folder, 'prefix/lib/node_modules/blosm');
  });
  afterAll(() => {
    agent?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  it('brings its dependencies in the versions that were tested, and nothing for development', () => {
    const { packages } = read(join(root, 'package-lock.json')) as Lock;
    const wanted = Object.entries(packages).filter(
      ([path, { dev, optional }]) =>
        path.startsWith('node_modules/') &&
        dev !== true &&
        optional !== true &&
        !/\/(@types\/|undici-types$)/.test(path),
    );
    expect(wanted.length).toBeGreaterThan(150);
    const found = wanted.map(([path]) => [
      path,
      (read(join(installed, path, 'package.json')) as { version: string }).version,
    ]);
    expect(found).toEqual(wanted.map(([path, { version }]) => [path, version]));
    expect(readdirSync(join(folder, 'prefix/lib/node_modules')).filter((name) => !name.startsWith('.'))).toEqual([
      'blosm',
    ]);
    for (const name of ['jest', 'typescript', 'eslint']) {
      expect(readdirSync(join(installed, 'node_modules'))).not.toContain(name);
    }
    expect(read(join(installed, 'package.json'))).not.toHaveProperty('scripts');
  });

  it('has what the agent, the network and an administrator need', () => {
    for (const path of [
      ...['chaincode/dist/index.js', 'chaincode/package-lock.json', 'network/profiles/three-clusters.yaml'],
      ...['network/fabric/binaries/resolve.mjs', 'network/fabric/ccaas/bin/detect', 'LICENSE', 'README.md'],
      ...['agent/docs/reference/cli.md', 'agent/docs/systemd/blosm-agent.service'],
    ]) {
      expect({ path, size: readFileSync(join(installed, path)).length }).not.toMatchObject({ size: 0 });
    }
  });

  it('runs: version, init, config validate, agent run --help', async () => {
    const { version } = read(join(root, 'package.json')) as { version: string };
    const said = await blosm('version -o json');
    expect(JSON.parse(said.stdout)).toMatchObject({ kind: 'Version', version });
    expect(await blosm('init --name edge1')).toMatchObject({ exitCode: 0, stderr: '' });
    const validated = await blosm('config validate');
    expect(validated).toMatchObject({ exitCode: 0, stderr: '' });
    expect(validated.stdout).toMatch(/blosm\.yaml: valid\n$/);
    const help = await blosm('agent run --help');
    expect(help).toMatchObject({ exitCode: 0, stderr: '' });
    expect(help.stdout).toContain('Usage: blosm agent run');
    expect(await blosm('network up --dry-run --base-port 19750')).toMatchObject({ exitCode: 0 });
  });

  it('completes command lines in bash', async () => {
    const script = `source <(blosm completion bash); COMP_WORDS=(blosm migration wa); COMP_CWORD=2; _blosm; echo "\${COMPREPLY[*]}"`;
    const env = { PATH: `${join(folder, 'prefix/bin')}:${process.env['PATH'] ?? ''}` };
    const said = await tryCommand(['bash', '--norc', '-c', script], { cwd: folder, env, timeoutMs: 60_000 });
    expect(said).toMatchObject({ exitCode: 0, stdout: 'watch\n', stderr: '' });
  });

  it('refuses to start without an identity: exit code 3 in two lines', async () => {
    const { exitCode, stdout, stderr } = await blosm('agent run --set state.directory=state');
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toMatch(/^error: .*fabric\/agent\/(cert|key)\.pem.*BLOSM_E_CONFIG_INVALID.*\nhint: +\S/);
    expect(stderr.trimEnd().split('\n')).toHaveLength(2);
  });

  it('starts where nothing answers, says what is missing, and ends when asked to', async () => {
    const { certificatePem, keyPem } = await oddIdentity();
    mkdirSync(join(folder, 'fabric/agent'), { recursive: true });
    writeFileSync(join(folder, 'fabric/agent/cert.pem'), certificatePem);
    writeFileSync(join(folder, 'fabric/agent/key.pem'), keyPem);
    const [peer = 0, gateway = 0, peers = 0] = await freePorts(3);
    const profile = readFileSync(join(root, 'test/fixtures/profiles/connection-org1.json'), 'utf8');
    writeFileSync(join(folder, 'fabric/connection.json'), profile.replaceAll(/localhost:\d+/g, `localhost:${peer}`));
    const set = [
      ...['state.directory=state', 'control.socket=agent.sock', 'docker.socket=no.sock'],
      ...[`gateway.listen=127.0.0.1:${gateway}`, `peers.listen=127.0.0.1:${peers}`],
    ].map((pair) => `--set ${pair}`);
    const profileOptions = '--msp-id Org1MSP --connection-profile fabric/connection.json --as-localhost';
    expect(await blosm(`init --force ${profileOptions} ${set.join(' ')}`)).toMatchObject({ exitCode: 0 });
    agent = spawn(program(), ['agent', 'run'], { cwd: folder, stdio: 'ignore' });
    const look = async () => {
      const { exitCode, stdout } = await blosm('status -o json');
      return exitCode === 0 ? (JSON.parse(stdout) as { dependencies: { name: string; state: string }[] }) : undefined;
    };
    const isDown = async (name: string) =>
      (await look())?.dependencies.some((dependency) => dependency.name === name && dependency.state === 'down') ===
      true;
    await waitUntil(async () => (await isDown('ledger')) && (await isDown('engine')), {
      deadlineMs: 120_000,
      what: 'the agent says that ledger and engine are down',
    });
    const ended = once(agent, 'exit');
    agent.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    agent = undefined;
  });

  itWithSystemd(`has a unit that systemd (250 or newer) takes, and that is exposed little${WHY_NOT}`, async () => {
    const unit = join(folder, 'blosm-agent.service');
    writeFileSync(unit, readFileSync(UNIT_FILE, 'utf8').replace('/usr/local/bin/blosm', program()));
    expect(await tryCommand(['systemd-analyze', 'verify', unit], { timeoutMs: 60_000 })).toMatchObject({
      exitCode: 0,
      stderr: '',
    });
    const rated = join(folder, 'rated', 'blosm-agent.service');
    mkdirSync(join(folder, 'rated'));
    copyFileSync(unit, rated);
    const { stdout } = await tryCommand(['systemd-analyze', 'security', '--offline=true', '--no-pager', rated], {
      timeoutMs: 60_000,
    });
    const [, exposure] = /exposure level for \S+: ([\d.]+)/.exec(stdout) ?? [];
    expect(Number(exposure)).toBeLessThanOrEqual(2);
  });

  it('is upgraded in its place', async () => {
    // The other one is how it was installed.
    expect(pageScripts(GUIDE, 'bash')).toHaveLength(2);
    const [archive = ''] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
    const next = join(folder, 'next');
    mkdirSync(next);
    await raiseVersion(join(folder, archive), join(next, 'blosm-0.2.0.tgz'), '0.2.0');
    await runBlocks('## Restart and upgrade', next);
    expect(await blosm('version')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^blosm 0\.2\.0 /) as string,
    });
    expect(await blosm('config validate')).toMatchObject({ exitCode: 0 });
  });
});

/** The same package as another release. */
async function raiseVersion(from: string, to: string, version: string): Promise<void> {
  const changed = pack();
  const change = async (): Promise<void> => {
    const entries = createReadStream(from).pipe(createGunzip()).pipe(extract());
    for await (const entry of entries) {
      const { name, mode, mtime } = entry.header;
      const content = await buffer(entry);
      const isOurs = name === 'package/package.json';
      const text = isOurs ? content.toString().replace(/("version": ")[^"]+/, `$1${version}`) : content;
      changed.entry({ name, mode, mtime }, text);
    }
    changed.finalize();
  };
  await Promise.all([change(), pipeline(changed, createGzip({ level: 1 }), createWriteStream(to))]);
}

/** Ports of 127.0.0.1 that nobody listens on now. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

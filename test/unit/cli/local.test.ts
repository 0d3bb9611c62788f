import { chmodSync, existsSync, linkSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aStatus } from '../../fakes/control-records';
import { invoke } from './invoke';

let cwd: string;
let server: Server | undefined;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'blosm-cli-'));
});
afterEach(async () => {
  const open = server;
  server = undefined;
  if (open !== undefined) {
    open.closeAllConnections();
    await new Promise((resolve) => open.close(resolve));
  }
  rmSync(cwd, { recursive: true, force: true });
});

const blosm = (line: string, env: Record<string, string> = {}) => invoke(line.split(' '), { cwd, env });
const answerWith = async (socket: string, status: number, body: string) => {
  server = createServer((_request, response) => {
    if (status > 0) response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => server?.listen(join(cwd, socket), resolve));
};

test('init writes a file that validates, and replaces none without --force', async () => {
  expect(await blosm('init --name melbourne')).toMatchObject({ exitCode: 0, stderr: '' });
  const validated = await blosm('config validate');
  expect(validated.exitCode).toBe(0);
  expect(validated.stdout).toMatch(/blosm.yaml: valid\n$/);
  expect(readFileSync(join(cwd, 'blosm.yaml'), 'utf8')).toContain('mspId: MelbourneMSP');
  expect(await blosm('init --name sydney')).toMatchObject({ exitCode: 5 });
  expect(readFileSync(join(cwd, 'blosm.yaml'), 'utf8')).toContain('name: melbourne');
  // A second name of the old file shows whether that was written into or replaced as a whole.
  chmodSync(join(cwd, 'blosm.yaml'), 0o600);
  linkSync(join(cwd, 'blosm.yaml'), join(cwd, 'old.yaml'));
  expect(await blosm('init --name sydney --force')).toMatchObject({ exitCode: 0 });
  expect(readFileSync(join(cwd, 'blosm.yaml'), 'utf8')).toContain('name: sydney');
  expect(readFileSync(join(cwd, 'old.yaml'), 'utf8')).toContain('name: melbourne');
  expect(statSync(join(cwd, 'blosm.yaml')).mode & 0o777).toBe(0o600);
  expect(await blosm('init --config other.yaml')).toMatchObject({ exitCode: 0 });
  expect(existsSync(join(cwd, 'other.yaml'))).toBe(true);
  expect(await blosm('init --config below/other.yaml')).toMatchObject({ exitCode: 3 });
});

test('config validate names file, line, column and the key that was meant; exit code 3', async () => {
  await blosm('init');
  const text = readFileSync(join(cwd, 'blosm.yaml'), 'utf8');
  writeFileSync(join(cwd, 'blosm.yaml'), text.replace('  sourceIp:', '  sorceIp:'));
  const line = text.split('\n').findIndex((l) => l.startsWith('  sourceIp:')) + 1;
  const { exitCode, stdout } = await blosm('config validate');
  expect(exitCode).toBe(3);
  expect(stdout).toContain(
    `${join(cwd, 'blosm.yaml')}:${line}:3: cluster.sorceIp: unknown key; did you mean "sourceIp"?`,
  );
  const json = await blosm('config validate blosm.yaml -o json');
  expect(JSON.parse(json.stdout)).toMatchObject({
    apiVersion: 'blosm/v1',
    kind: 'ConfigCheck',
    valid: false,
    faults: [{ key: 'cluster.sourceIp' }, { key: 'cluster.sorceIp', line, column: 3 }],
  });
});

test('config validate says what the environment changed', async () => {
  await blosm('init');
  const good = await blosm('config validate', { BLOSM_LOG_LEVEL: 'debug' });
  expect(good.stdout).toContain('log.level comes from BLOSM_LOG_LEVEL');
  expect(await blosm('config validate', { BLOSM_LOG_LEVEL: 'loud' })).toMatchObject({ exitCode: 3 });
});

test.each(['status', 'agent run', 'config validate', 'cluster register --admin-certificate a --admin-key b'])(
  '%s with a configuration that is not there is exit code 3',
  async (line) => {
    expect(await blosm(`${line} --config missing.yaml`)).toMatchObject({ exitCode: 3, stdout: '' });
  },
);

test('without an agent the exit code is 6 and the hint says how to start it', async () => {
  const { exitCode, stdout, stderr } = await blosm('status --agent nobody.sock');
  expect({ exitCode, stdout }).toEqual({ exitCode: 6, stdout: '' });
  expect(stderr).toMatch(/no agent answers on .*nobody\.sock \(ENOENT\).*\nhint: +Start the agent/);
  expect(stderr.trimEnd().split('\n')).toHaveLength(2);
});

test('the agent is found by --agent, then BLOSM_AGENT, then the configuration', async () => {
  await blosm('init');
  const text = readFileSync(join(cwd, 'blosm.yaml'), 'utf8');
  writeFileSync(join(cwd, 'blosm.yaml'), `${text}control: { socket: from-config.sock }\n`);
  expect((await blosm('status')).stderr).toContain(join(cwd, 'from-config.sock'));
  expect((await blosm('status', { BLOSM_AGENT: 'from-env.sock' })).stderr).toContain(join(cwd, 'from-env.sock'));
  const both = await blosm('status --agent unix:/from/flag.sock', { BLOSM_AGENT: 'from-env.sock' });
  expect(both.stderr).toContain('/from/flag.sock');
});

test('an agent that does not answer in time is exit code 6', async () => {
  await answerWith('slow.sock', 0, '');
  const { exitCode, stderr } = await blosm('status --agent slow.sock --timeout 100ms');
  expect(exitCode).toBe(6);
  expect(stderr).toMatch(/within 100 ms/);
});

test.each([
  [502, '<html>', 6, /answered with 502, not by a BloSM agent/],
  [200, '{"nodeId":"x"}', 1, /not what this command line understands/],
  [200, 'nonsense', 1, /not what this command line understands/],
  [404, '{"code":"BLOSM_E_NEVER_HEARD","detail":"x"}', 6, /answered with 404/],
])('an answer %d %s is exit code %d', async (status, body, expected, message) => {
  await answerWith('agent.sock', status, body);
  const { exitCode, stderr } = await blosm('status --agent agent.sock');
  expect(exitCode).toBe(expected);
  expect(stderr).toMatch(message);
});

test('an interrupt is exit code 130', async () => {
  await answerWith('slow.sock', 0, '');
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 50);
  const outcome = await invoke(['status', '--agent', 'slow.sock'], { cwd, signal: controller.signal });
  expect(outcome).toMatchObject({ exitCode: 130, stdout: '' });
});

test('an agent over HTTP is asked there', async () => {
  server = createServer((_request, response) => response.end(JSON.stringify(aStatus())));
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  expect(await blosm(`status --agent http://127.0.0.1:${port}`)).toMatchObject({ exitCode: 0 });
});

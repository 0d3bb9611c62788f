import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../network/package-root';
import { tryCommand, waitUntil } from '../../network/processes';
import { callSocket } from '../../network/sandbox';

// The compiled program, as users run it: npm run build comes first.
const PROGRAM = [process.execPath, join(packageRoot(), 'agent/bin/blosm.js')];
const CONTROL_PORT = 19_490;
const METRICS_PORT = 19_491;
const TOPOLOGY = join(packageRoot(), 'network/profiles/one-cluster.yaml');

jest.setTimeout(240_000);

describe('the program blosm with a network of one cluster', () => {
  let cwd: string;
  let agent: ChildProcess | undefined;
  const blosm = (line: string) => tryCommand([...PROGRAM, ...line.split(' ')], { cwd, timeoutMs: 120_000 });
  const json = async (line: string) => {
    const { exitCode, stdout, stderr } = await blosm(`${line} -o json`);
    if (exitCode !== 0) throw new Error(`blosm ${line} ended with ${exitCode}: ${stderr}`);
    return JSON.parse(stdout) as Record<string, unknown>;
  };
  const identity = (user: string, file: string) =>
    join(cwd, '.blosm/fabric/organizations/edge1/users', user, 'msp', file);
  const registerAs = (user: string) => {
    const certificate = identity(user, 'signcerts/cert.pem');
    return blosm(
      `cluster register --admin-certificate ${certificate} --admin-key ${identity(user, 'keystore/priv_sk')}`,
    );
  };
  const startAgent = async () => {
    const [command = '', ...args] = PROGRAM;
    const log = join(cwd, 'agent.log');
    agent = spawn(command, [...args, 'agent', 'run'], { cwd, stdio: ['ignore', 'ignore', openSync(log, 'a')] });
    await waitUntil(async () => (await blosm('status')).exitCode === 0, { deadlineMs: 60_000, what: 'the agent' });
  };
  const endAgent = async (signal: NodeJS.Signals) => {
    const ended = once(agent!, 'exit');
    agent!.kill(signal);
    const [exitCode] = (await ended) as [number | null];
    agent = undefined;
    return exitCode;
  };

  beforeAll(() => {
    cwd = mkdtempSync(join(tmpdir(), 'blosm-cli-'));
  });
  afterAll(async () => {
    agent?.kill('SIGKILL');
    await blosm('network reset --yes');
    rmSync(cwd, { recursive: true, force: true });
  });

  it('brings the network up, and a second time finds it up', async () => {
    const first = await json(`network up --topology ${TOPOLOGY} --base-port 19450`);
    expect(first).toMatchObject({ apiVersion: 'blosm/v1', kind: 'NetworkStatus', healthy: true, channel: 'blosm' });
    const again = await blosm(`network up --topology ${TOPOLOGY}`);
    expect(again.exitCode).toBe(0);
    expect(again.stderr).toContain('everything ran already');
    expect(await json('network status')).toMatchObject({ components: first['components'] });
    expect(await json('network deploy')).toMatchObject({ kind: 'ChaincodeDeployment', changed: false, sequence: 1 });
  });

  it('writes a configuration and registers the cluster, for the admin only', async () => {
    expect((await blosm('init --name edge1')).exitCode).toBe(0);
    const folder = '.blosm/fabric/organizations/edge1';
    const text = readFileSync(join(cwd, 'blosm.yaml'), 'utf8')
      .replace('fabric/connection.yaml', `${folder}/connection.json`)
      .replace('fabric/agent/cert.pem', identity('agent', 'signcerts/cert.pem'))
      .replace('fabric/agent/key.pem', identity('agent', 'keystore/priv_sk'))
      .replace('/var/run/docker.sock', 'no-engine.sock')
      .replace('0.0.0.0:8080', '127.0.0.1:19480')
      .replace('0.0.0.0:8443', '127.0.0.1:19443');
    writeFileSync(join(cwd, 'blosm.yaml'), text);
    const control = `{ socket: agent.sock, listen: '127.0.0.1:${CONTROL_PORT}', clientCa: ${folder}/ca/cert.pem }`;
    appendFileSync(
      join(cwd, 'blosm.yaml'),
      `control: ${control}\nmetrics: { listen: '127.0.0.1:${METRICS_PORT}' }\nstate: { directory: state }\n`,
    );
    expect(await blosm('config validate')).toMatchObject({ exitCode: 0 });
    const refused = await registerAs('agent');
    expect(refused).toMatchObject({ exitCode: 5, stdout: '' });
    expect(refused.stderr).toContain('BLOSM_E_FORBIDDEN');
    for (let time = 0; time < 2; time += 1) expect(await registerAs('admin')).toMatchObject({ exitCode: 0 });
  });

  it('runs the agent, tells that the engine is missing, and reads the ledger through it', async () => {
    await startAgent();
    await waitUntil(async () => JSON.stringify((await json('status'))['dependencies']).includes('"down"'), {
      deadlineMs: 60_000,
      what: 'the engine is seen to be down',
    });
    expect(await json('status')).toMatchObject({ kind: 'Status', nodeId: 'Edge1MSP', ready: false });
    expect(await json('cluster list')).toMatchObject({ items: [{ name: 'edge1', revision: 1, isSelf: true }] });
    expect(Number((await json('ledger tip'))['height'])).toBeGreaterThan(3);
    expect(await json('ledger block 0')).toMatchObject({ number: 0, previousSha256: '', signers: [] });
    expect(await blosm('ledger block 1000000')).toMatchObject({ exitCode: 4, stdout: '' });
    expect(await blosm('ledger history metadata nothing')).toMatchObject({ exitCode: 4, stdout: '' });
    const { height } = await json('ledger tip');
    expect(await json('ledger verify')).toMatchObject({ from: 0, blocks: height, fault: null });
    expect(await json('identity show')).toMatchObject({ mspId: 'Edge1MSP', units: ['client'], registered: true });
    expect(await blosm('instance get nobody')).toMatchObject({ exitCode: 4, stdout: '' });
    expect(await blosm(`ledger tx ${'0'.repeat(64)}`)).toMatchObject({ exitCode: 4, stdout: '' });
  });

  it('tells how it is and what it counts, on its socket and on the address of the metrics', async () => {
    const ask = (path: string) => callSocket(join(cwd, 'agent.sock'), path, { timeoutMs: 10_000 });
    const health = await ask('/healthz');
    expect([health.status, JSON.parse(health.text)]).toEqual([200, expect.objectContaining({ ticking: true })]);
    expect((await ask('/readyz')).status).toBe(503);
    const page = await fetch(`http://127.0.0.1:${METRICS_PORT}/metrics`);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/plain')]);
    for (const text of [(await ask('/metrics')).text, await page.text()]) {
      expect(text).toMatch(/^blosm_build_info\{[^}]*node="Edge1MSP"[^}]*\} 1$/m);
      expect(text).toMatch(/^blosm_journal_bytes \d+$/m);
      expect(text).toMatch(/^blosm_certificate_left_days \d+/m);
    }
  });

  it('shows its log and what happened on the ledger, and takes an admin of the organisation over TLS, no one else', async () => {
    const over = (user: string, line: string) =>
      blosm(
        [
          ...[line, '--agent', `https://127.0.0.1:${CONTROL_PORT}`],
          ...['--agent-ca', identity('agent', 'signcerts/cert.pem')],
          ...['--agent-cert', identity(user, 'signcerts/cert.pem')],
          ...['--agent-key', identity(user, 'keystore/priv_sk')],
        ].join(' '),
      );
    expect(await over('admin', 'cluster cordon')).toMatchObject({ exitCode: 0 });
    const refused = await over('agent', 'cluster uncordon');
    expect(refused).toMatchObject({ exitCode: 5, stdout: '' });
    expect(refused.stderr).toContain('BLOSM_E_FORBIDDEN');
    expect(await blosm('cluster uncordon')).toMatchObject({ exitCode: 0 });
    const lines = (text: string) =>
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    const happened = await waitUntil(
      async () => {
        const { stdout } = await over('admin', 'events -o ndjson');
        return stdout.includes('NodeUncordoned') ? lines(stdout) : undefined;
      },
      { deadlineMs: 30_000, what: 'the events to be shown' },
    );
    const nodeEvents = happened.filter(({ name }) => name === 'NodeCordoned' || name === 'NodeUncordoned');
    expect(nodeEvents).toEqual(
      ['NodeCordoned', 'NodeUncordoned'].map(
        (name) => expect.objectContaining({ name, source: 'ledger', nodeName: 'edge1' }) as unknown,
      ),
    );
    const logged = await blosm('logs -o ndjson --level warn');
    const messages = lines(logged.stdout).map(({ message }) => message);
    expect(messages).toContain('a caller may not command this agent');
    expect(logged.stdout).not.toContain('"level":"info"');
    expect(await json('route list')).toMatchObject({ kind: 'RouteList', items: [] });
    expect(await blosm('route get nobody')).toMatchObject({ exitCode: 4, stdout: '' });
  });

  it('refuses a second agent, and starts again after kill -9', async () => {
    const second = await blosm('agent run');
    expect(second.exitCode).toBe(5);
    expect(second.stderr).toContain('BLOSM_E_AGENT_RUNNING');
    await endAgent('SIGKILL');
    expect(existsSync(join(cwd, 'agent.sock'))).toBe(true);
    expect(await blosm('status')).toMatchObject({ exitCode: 6, stdout: '' });
    await startAgent();
    expect(await endAgent('SIGTERM')).toBe(0);
    expect(existsSync(join(cwd, 'agent.sock'))).toBe(false);
  });

  it('deletes nothing without --yes', async () => {
    expect(await blosm('network reset')).toMatchObject({ exitCode: 2, stdout: '' });
    expect(await json('network down')).toEqual({
      apiVersion: 'blosm/v1',
      kind: 'NetworkStopped',
      stopped: expect.arrayContaining(['orderer', 'edge1-peer', 'edge1-chaincode']) as string[],
    });
    expect(await blosm('network status')).toMatchObject({ exitCode: 6 });
    expect(await blosm('network reset --yes')).toMatchObject({ exitCode: 0 });
    expect(await blosm('network status')).toMatchObject({ exitCode: 4, stdout: '' });
  });
});

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openJournal } from '../../../agent/adapters/journal';
import { CHECKS } from '../../../agent/app/doctor';
import { START_MS } from '../../fakes/control-records';
import { oddIdentity } from '../../support/odd-certificates';
import { RUN_SPEC } from '../../support/run-spec';
import { startBench, type AgentBench } from './invoke';

let bench: AgentBench;
beforeEach(async () => {
  bench = await startBench();
});
afterEach(() => bench.close());

interface Item {
  readonly check: string;
  readonly state: string;
  readonly seen: string;
  readonly mend: string;
}

const put = (name: string, text: string) => writeFileSync(join(bench.directory, name), text);
const init = () =>
  bench.blosm(['init', '--name', 'edge1', '--set', 'state.directory=state', '--set', 'docker.socket=none.sock']);
const doctor = async (...args: string[]) => {
  const { exitCode, stdout, stderr } = await bench.blosm(['doctor', ...args, '-o', 'json']);
  return { exitCode, stderr, items: (JSON.parse(stdout) as { items: Item[] }).items };
};
const putIdentity = async () => {
  const { certificatePem, keyPem } = await oddIdentity();
  mkdirSync(join(bench.directory, 'fabric/agent'), { recursive: true });
  put('fabric/agent/cert.pem', certificatePem);
  put('fabric/agent/key.pem', keyPem);
  return keyPem;
};

describe('blosm doctor', () => {
  it('names the line of a configuration that is not valid, and looks at what needs none', async () => {
    put('blosm.yaml', 'cluster: { naem: edge1 }\n');
    const { exitCode, items } = await doctor();
    expect(exitCode).toBe(10);
    const fault = items.find(({ seen }) => seen.includes('blosm.yaml:1:12: cluster.naem'));
    expect(fault).toMatchObject({ check: 'config', state: 'fail', seen: expect.stringContaining('"name"') as string });
    expect(items.find(({ check }) => check === 'ledger')).toMatchObject({ state: 'skip' });
    expect(items.find(({ check }) => check === 'node')).toMatchObject({ state: 'ok' });
    // That of the sandbox is looked at only where one is kept.
    expect(new Set(items.map(({ check }) => check))).toEqual(
      new Set(CHECKS.map(({ name }) => name).filter((name) => name !== 'sandbox')),
    );
  });

  it('says how to begin where there is nothing', async () => {
    const { exitCode, items } = await doctor('--only', 'config');
    expect({ exitCode, items }).toMatchObject({
      exitCode: 10,
      items: [{ mend: expect.stringContaining('blosm init') as string }],
    });
  });

  it('prints a line for each finding, the mend below it, and a count', async () => {
    await init();
    const { exitCode, stdout } = await bench.blosm(['doctor', '--only', 'identity,engine', '--only', 'node']);
    expect(exitCode).toBe(10);
    expect(stdout).toMatch(/^ok {4}node {11}Node\.js /m);
    expect(stdout).toMatch(
      /^fail {2}identity {7}cannot read .*cert\.pem \(ENOENT\)\n +-> .*blosm identity import.* \(agent\/docs\/doctor\.md#identity\)$/m,
    );
    expect(stdout).toMatch(/none\.sock is not there\n +-> Start the Docker Engine/);
    expect(stdout).toMatch(/\n2 fail, 0 warn, 0 skip, 1 ok\n$/);
  });

  it('asks the agent that runs, and tells whose it is', async () => {
    await init();
    await putIdentity();
    const { items } = await doctor('--only', 'agent,state,identity');
    const status = bench.service.status();
    expect(status.nodeId).toBe('Edge1MSP');
    expect(items.find(({ check }) => check === 'agent')?.seen).toContain(status.version);
    expect(items.find(({ check }) => check === 'identity')).toMatchObject({ state: 'ok' });
    await bench.stop();
    expect((await doctor('--only', 'agent')).items).toMatchObject([{ state: 'skip' }]);
  });

  it('knows its checks by name', async () => {
    const { exitCode, stderr, stdout } = await bench.blosm(['doctor', '--only', 'leger']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/there is no check leger[^]*hint: .*ledger, tls/);
  });
});

describe('an interrupt', () => {
  /** The agent is asked, and never answers: the user gives up. */
  const interrupted = (...argv: string[]) => {
    const user = new AbortController();
    bench.service.isStuck = true;
    bench.service.status = () => {
      user.abort();
      return bench.service.statusView;
    };
    return bench.blosm(argv, { signal: user.signal });
  };

  it('ends doctor with 130, without findings that are none', async () => {
    await init();
    await putIdentity();
    const { exitCode, stdout, stderr } = await interrupted('doctor', '--only', 'agent,node', '-o', 'json');
    expect({ exitCode, stdout }).toEqual({ exitCode: 130, stdout: '' });
    expect(stderr).toMatch(/the examination was interrupted \(BLOSM_E_CANCELLED/);
  });

  it('ends support-bundle with 130, without a file', async () => {
    await init();
    const { exitCode, stdout } = await interrupted('support-bundle', '--file', 'b.tar.gz');
    expect({ exitCode, stdout }).toEqual({ exitCode: 130, stdout: '' });
    expect(readdirSync(bench.directory)).not.toContain('b.tar.gz');
  });
});

describe('blosm support-bundle', () => {
  const SECRETS = {
    password: 'hunter2-registry',
    variable: 's3same-street',
    comment: 'in-a-comment-too',
    token: 'tok-abcdef',
  };

  /** Secrets wherever a user has them. */
  async function plantSecrets(): Promise<string[]> {
    await init();
    const keyPem = await putIdentity();
    const file = join(bench.directory, 'blosm.yaml');
    const text = readFileSync(file, 'utf8').replace(
      /^( +)address: registry.*$/m,
      '$&\n$1username: op\n$1passwordFile: password',
    );
    writeFileSync(file, `# password: ${SECRETS.comment}\n${text}`);
    put('password', `${SECRETS.password}\n`);
    const env = [{ name: 'KEY', value: SECRETS.variable, secret: true }];
    mkdirSync(join(bench.directory, 'state'), { mode: 0o700 });
    const journal = await openJournal(join(bench.directory, 'state'));
    const entry = { atMs: START_MS, instanceId: 'ins-1', migrationId: 'mig-1', kind: 'fact', name: 'order' } as const;
    await journal.append({ ...entry, detail: { spec: { ...RUN_SPEC, env }, deviceToken: SECRETS.token } });
    await journal.append({ ...entry, detail: `started with ${SECRETS.variable} and ${SECRETS.password}` });
    await journal.close();
    put('state/run-specs.json', JSON.stringify({ counter: { ...RUN_SPEC, env } }));
    bench.service.status = ((before) => () => ({
      ...before(),
      lastError: { code: 'BLOSM_E_REGISTRY', message: `https://op:${SECRETS.password}@registry/`, atMs: START_MS },
    }))(bench.service.status.bind(bench.service));
    return [...Object.values(SECRETS), keyPem.split('\n')[1] ?? ''];
  }

  it('holds what a report needs and none of the secrets, for its owner only', async () => {
    const secrets = await plantSecrets();
    const surroundings = { env: { BLOSM_REGISTRY_USERNAME: 'op', BLOSM_TOKEN: SECRETS.token } };
    const { exitCode, stdout } = await bench.blosm(['support-bundle', '--file', 'b.tar.gz'], surroundings);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^journal\.ndjson +\S+ \S+ +the journal's newest entries/m);
    const archive = join(bench.directory, 'b.tar.gz');
    expect(statSync(archive).mode & 0o777).toBe(0o600);
    mkdirSync(join(bench.directory, 'out'));
    execFileSync('tar', ['-xzf', archive, '-C', join(bench.directory, 'out'), '--strip-components=1']);
    const names = readdirSync(join(bench.directory, 'out')).sort();
    expect(names).toEqual(
      expect.arrayContaining([
        'CONTENTS.txt',
        'config.yaml',
        'doctor.json',
        'journal.ndjson',
        'migrations.ndjson',
        'status.json',
        'versions.json',
      ]),
    );
    const texts = new Map(names.map((name) => [name, readFileSync(join(bench.directory, 'out', name), 'utf8')]));
    for (const [name, text] of texts) {
      for (const secret of secrets) expect({ name, found: text.includes(secret) }).toEqual({ name, found: false });
    }
    expect(texts.get('journal.ndjson')).toMatch(/"name":"KEY","value":"\[redacted\]"[^]*"deviceToken":"\[redacted\]"/);
    expect(texts.get('config.yaml')).toContain('passwordFile: password');
    expect(JSON.parse(texts.get('versions.json') ?? '')).toMatchObject({
      variables: ['BLOSM_REGISTRY_USERNAME', 'BLOSM_TOKEN'],
    });
    expect(texts.get('migrations.ndjson')).toContain('"timeline":{');
    expect(JSON.parse(texts.get('doctor.json') ?? '')).toMatchObject({ state: 'fail' });
  });

  it('is written without an agent too, says what is left out, and replaces no file', async () => {
    await bench.stop();
    await init();
    const first = await bench.blosm(['support-bundle', '--file', 'b.tar.gz', '-o', 'json']);
    expect(first.exitCode).toBe(0);
    const { contents } = JSON.parse(first.stdout) as {
      contents: { name: string; sizeBytes: number | null; what: string }[];
    };
    expect(contents.find(({ name }) => name === 'status.json')).toMatchObject({
      sizeBytes: null,
      what: expect.stringContaining('left out, no agent answers') as string,
    });
    const again = await bench.blosm(['support-bundle', '--file', 'b.tar.gz']);
    expect(again).toMatchObject({ exitCode: 2, stdout: '' });
    expect(again.stderr).toContain('EEXIST');
    chmodSync(join(bench.directory, 'b.tar.gz'), 0o600);
  });
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import {
  ClusterView,
  InstanceView,
  LedgerBlockView,
  LedgerHistoryView,
  LedgerTipView,
  LedgerTransactionView,
  LedgerVerificationView,
  listOf,
  MigrationDetailView,
  MigrationExplanationView,
  MigrationOutcomeView,
  MigrationPlanView,
  MigrationView,
  ServiceView,
  StatusView,
  TimelineView,
} from '../../../agent/ports/control';
import { BlosmError } from '../../../chaincode/src/model';
import { aVerification, START_MS } from '../../fakes/control-records';
import { startBench, type AgentBench } from './invoke';

let bench: AgentBench;
beforeEach(async () => {
  bench = await startBench();
});
afterEach(() => bench.close());

const SERVICE_FILE = `
serviceId: counter
applicationType: counter
image: { repository: blosm/counter }
run: { port: 8000 }
`;

const transactionId = 'e'.repeat(64);
const COMMANDS: [string, string, z.ZodObject, RegExp][] = [
  ['status', 'Status', StatusView, /edge1 \(Edge1MSP\), ready[^]*engine +down +5s +no answer[^]*mig-1/],
  ['cluster list', 'ClusterList', listOf(ClusterView), /edge1 \* +Edge1MSP +ACTIVE +-37\.8136,144\.9699 +400 m/],
  ['cluster cordon', 'Cluster', ClusterView, /edge1 \* +Edge1MSP +ACTIVE,CORDONED/],
  ['cluster uncordon', 'Cluster', ClusterView, /edge1 \* +Edge1MSP +ACTIVE /],
  ['cluster leave --yes', 'Cluster', ClusterView, /edge1/],
  [
    'service list',
    'ServiceList',
    listOf(ServiceView),
    /counter +counter +blosm\/counter +50 MiB +none +device +edge1 +10s/,
  ],
  ['service get counter', 'Service', ServiceView, /needs: +256 MiB memory, 0.5 cores[^]*linux\/amd64/],
  ['service register -f service.yaml', 'Service', ServiceView, /service: +counter/],
  ['instance list', 'InstanceList', listOf(InstanceView), /ins-1 +image-recognition +edge1 +1 +- +running +10s/],
  ['instance get ins-1', 'Instance', InstanceView, /owner: +edge1 \(Edge1MSP\), epoch 1/],
  ['instance remove ins-1 --yes', 'Instance', InstanceView, /^ins-1 is removed: it keeps no files/],
  ['service remove counter --yes', 'Service', ServiceView, /^counter is removed/],
  [
    'instance recover ins-1 --accept-loss --from image',
    'Instance',
    InstanceView,
    /runs at edge1 from now on, epoch 2, anew from its image[^]*epoch 2, recovered from its image/,
  ],
  [
    'migrate ins-1 --dry-run',
    'MigrationPlan',
    MigrationPlanView,
    /at most 1.5 MiB[^]*edge3 +Edge3MSP +no +- +does not run/,
  ],
  [
    'migration explain mig-1',
    'MigrationExplanation',
    MigrationExplanationView,
    /until its hand-over[^]*runs at: +edge1[^]*does: +push failed[^]*next at[^]*last error: +push, .*not answer[^]*- to keep/,
  ],
  ['migration cancel mig-1', 'MigrationOutcome', MigrationOutcomeView, /mig-1 is cancelled: .* stays at edge1\./],
  ['migration retry mig-1', 'MigrationOutcome', MigrationOutcomeView, /mig-2 takes the place of mig-1: /],
  ['migrate ins-1', 'Migration', MigrationView, /mig-2[^]*state: +PROPOSED/],
  [
    'migration list',
    'MigrationList',
    listOf(MigrationView),
    /mig-1 +image-recognition +edge1 +- +PROPOSED +- +9s +confirm/,
  ],
  [
    'migration get mig-1',
    'Migration',
    MigrationDetailView,
    /confirmed by: +edge1, edge2[^]*edge3 +false +strict +ok +ok +ok +FAIL/,
  ],
  [
    'migration timeline mig-1',
    'Timeline',
    TimelineView,
    /total: +2.50 s[^]*push +edge1 +1.30 s +={20,22} +1.5 MiB[^]*Propose/,
  ],
  ['ledger tip', 'LedgerTip', LedgerTipView, /height: +42 blocks/],
  [
    `ledger tx ${transactionId}`,
    'LedgerTransaction',
    LedgerTransactionView,
    /MigrationContract:Propose[^]*argument 1: +\{/,
  ],
  [
    'ledger block 7',
    'LedgerBlock',
    LedgerBlockView,
    /previous: +b{64}[^]*signed by: +CN=orderer of OrdererMSP\n[^]*VALID +Edge1MSP +MigrationContract:Propose +MigrationProposed/,
  ],
  [
    'ledger history metadata meta-1',
    'LedgerHistory',
    LedgerHistoryView.omit({ kind: true }).extend({ of: LedgerHistoryView.shape.kind }),
    /TIME +TRANSACTION +RECORD[^]*e{64} +\{"metadataId":"meta-1"\}/,
  ],
  [
    'ledger verify --quiet',
    'LedgerVerification',
    LedgerVerificationView,
    /blocks 0 to 41[^]*signed by: +CN=orderer of OrdererMSP, key f{16}, 41 blocks[^]*result: +in order/,
  ],
];

describe.each(COMMANDS)('blosm %s', (line, kind, schema, text) => {
  const argv = line.split(' ');
  beforeEach(() => writeFileSync(join(bench.directory, 'service.yaml'), SERVICE_FILE));

  test('is a table for people', async () => {
    const { exitCode, stdout, stderr } = await bench.blosm(argv);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(text);
    expect(stdout.endsWith('\n')).toBe(true);
  });

  test('is a document for machines, the same in JSON and YAML', async () => {
    const json = await bench.blosm([...argv, '-o', 'json']);
    const document: unknown = JSON.parse(json.stdout);
    const Document = z.strictObject({ apiVersion: z.literal('blosm/v1'), kind: z.literal(kind), ...schema.shape });
    expect(Document.parse(document)).toEqual(document);
    expect(json).toMatchObject({ exitCode: 0, stderr: '' });
    const yaml = await bench.blosm(['-o', 'yaml', ...argv]);
    expect(parse(yaml.stdout)).toEqual(document);
  });

  test('tells what the agent refused in two lines on standard error', async () => {
    if (line === 'status') return;
    bench.service.failure = new BlosmError('BLOSM_E_LEDGER_UNREACHABLE', 'no peer', { stage: 'query', hint: 'look' });
    expect(await bench.blosm([...argv, '-o', 'json'])).toEqual({
      exitCode: 6,
      stdout: '',
      stderr: 'error: no peer (BLOSM_E_LEDGER_UNREACHABLE, stage query)\nhint:  look\n',
    });
  });
});

test('an unknown id is exit code 4', async () => {
  for (const noun of ['service', 'instance', 'migration']) {
    expect(await bench.blosm([noun, 'get', 'unknown'])).toMatchObject({ exitCode: 4, stdout: '' });
  }
  expect(await bench.blosm(['service', 'get', '../status'])).toMatchObject({ exitCode: 2 });
});

test('lists can be limited', async () => {
  bench.service.migrationViews = ['mig-1', 'mig-2'].map((migrationId) => ({
    ...bench.service.migrationViews[0]!,
    migrationId,
  }));
  const { stdout } = await bench.blosm(['migration', 'list', '--limit', '1', '-o', 'json']);
  expect(JSON.parse(stdout)).toMatchObject({ items: [{ migrationId: 'mig-1' }] });
  bench.service.migrationViews = [];
  expect((await bench.blosm(['migration', 'list'])).stdout).toBe('(none)\n');
});

test('register sends the file with its defaults', async () => {
  writeFileSync(join(bench.directory, 'service.yaml'), SERVICE_FILE);
  await bench.blosm(['service', 'register', '-f', 'service.yaml']);
  expect(bench.service.orders).toMatchObject([{ serviceId: 'counter', runSpec: { port: 8000, stopGraceSeconds: 10 } }]);
});

test('register waits for an image as long as the agent does', async () => {
  const waits = jest.spyOn(AbortSignal, 'timeout');
  writeFileSync(join(bench.directory, 'service.yaml'), SERVICE_FILE);
  await bench.blosm(['service', 'register', '-f', 'service.yaml']);
  await bench.blosm(['service', 'register', '-f', 'service.yaml', '--timeout', '5s']);
  const [byDefault = 0, asTold] = waits.mock.calls.map(([durationMs]) => durationMs);
  waits.mockRestore();
  expect(byDefault).toBeGreaterThan(15 * 60_000);
  expect(asTold).toBe(5000);
});

test('a service file with a typing error is refused with its place, before the agent is asked', async () => {
  writeFileSync(join(bench.directory, 'service.yaml'), SERVICE_FILE.replace('applicationType', 'aplicationType'));
  const { exitCode, stderr } = await bench.blosm(['service', 'register', '-f', 'service.yaml']);
  expect(exitCode).toBe(3);
  expect(stderr).toMatch(/service\.yaml:3:1: aplicationType: unknown key; did you mean "applicationType"\?/);
  expect(await bench.blosm(['service', 'register', '-f', 'missing.yaml'])).toMatchObject({ exitCode: 3 });
  expect(bench.service.orders).toEqual([]);
});

test('what other nodes wrote cannot steer the terminal', async () => {
  bench.service.statusView.lastError = { code: 'X', message: 'a\u001b[2J\u0007b', atMs: START_MS };
  expect((await bench.blosm(['status'])).stdout).toContain('a?[2J?b');
  bench.service.failure = new BlosmError('BLOSM_E_PEER_REFUSED', 'c\u001b[2Jd');
  expect((await bench.blosm(['ledger', 'tip'])).stderr).toContain('c?[2Jd');
});

test('--verbose adds the requests and the stack, --quiet takes the notes away', async () => {
  const verbose = await bench.blosm(['service', 'get', 'unknown', '--verbose']);
  expect(verbose.stderr).toMatch(/GET \/v1\/services\/unknown: 404 in [^]*BlosmError[^]* at /);
  expect((await bench.blosm(['service', 'get', 'unknown', '--quiet'])).stderr.split('\n')).toHaveLength(3);
});

describe('blosm ledger verify', () => {
  const fault = { blockNumber: 12, check: 'data hash', message: 'its header says something else' } as const;

  test('says how far it is, and names the first bad block with exit code 5', async () => {
    bench.service.verification = [
      { progress: { blockNumber: 10 } },
      { result: aVerification({ to: 11, blocks: 12, fault }) },
    ];
    const { exitCode, stdout, stderr } = await bench.blosm(['ledger', 'verify']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 5, stderr: '' });
    expect(stdout).toMatch(/blocks 0 to 11[^]*BLOCK 12 IS BAD \(data hash\): its header says something else/);
    const json = await bench.blosm(['ledger', 'verify', '-o', 'json']);
    expect(json.exitCode).toBe(5);
    expect(JSON.parse(json.stdout)).toMatchObject({ kind: 'LedgerVerification', fault });
    const terminal = await bench.blosm(['ledger', 'verify'], { isTty: true });
    expect(terminal.stderr).toBe('\r\u001b[Kblock 10 is in order\r\u001b[K');
  });

  test('asks for the range that was given', async () => {
    const asked: unknown[] = [];
    const { verify } = bench.service.ledger;
    bench.service.ledger.verify = (request, signal) => {
      asked.push(request);
      return verify(request, signal);
    };
    await bench.blosm(['ledger', 'verify', '--from', '3', '--to', '9']);
    await bench.blosm(['ledger', 'verify']);
    expect(asked).toEqual([{ from: 3, to: 9 }, { from: 0 }]);
    expect(await bench.blosm(['ledger', 'verify', '--from', '9', '--to', '3'])).toMatchObject({ exitCode: 2 });
    expect(await bench.blosm(['ledger', 'verify', '--from', 'x'])).toMatchObject({ exitCode: 2 });
  });

  test('fails with the code of what went wrong in the middle, and prints no result', async () => {
    bench.service.verification = [{ progress: { blockNumber: 10 } }];
    bench.service.lateFailure = new BlosmError('BLOSM_E_LEDGER_UNREACHABLE', 'the peer went away', { stage: 'query' });
    expect(await bench.blosm(['ledger', 'verify', '--quiet'])).toMatchObject({
      exitCode: 6,
      stdout: '',
      stderr: expect.stringMatching(/the peer went away \(BLOSM_E_LEDGER_UNREACHABLE, stage query\)/) as unknown,
    });
  });

  test('an agent that dies in the middle is exit code 6, an interrupt 130', async () => {
    bench.service.ledger.verify = async function* (_request, signal) {
      yield { progress: { blockNumber: 1 } };
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    };
    const stop = new AbortController();
    const interrupted = bench.blosm(['ledger', 'verify'], { signal: stop.signal });
    setTimeout(() => stop.abort(), 200);
    expect(await interrupted).toMatchObject({ exitCode: 130, stdout: '' });
    const late = await bench.blosm(['ledger', 'verify', '--timeout', '100ms']);
    expect(late).toMatchObject({ exitCode: 6, stdout: '' });
    expect(late.stderr).toMatch(/within 100 ms/);
    const dying = bench.blosm(['ledger', 'verify']);
    setTimeout(() => void bench.stop(), 200);
    expect(await dying).toMatchObject({ exitCode: 6, stdout: '' });
  });
});

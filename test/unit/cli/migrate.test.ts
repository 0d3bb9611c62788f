import { BlosmError } from '../../../chaincode/src/model';
import { START_MS } from '../../fakes/control-records';
import { startBench, type AgentBench } from './invoke';

let bench: AgentBench;
beforeEach(async () => {
  bench = await startBench();
});
afterEach(() => bench.close());

const completed = { state: 'COMPLETED', waitsFor: null, completedAtMs: START_MS + 9000 } as const;
const aborted = {
  state: 'ABORTED',
  waitsFor: null,
  abort: { stage: 'push', reason: 'the registry was full', atMs: START_MS },
} as const;

test('the order says what the user said', async () => {
  await bench.blosm(['migrate', 'ins-1']);
  await bench.blosm(['migrate', 'ins-1', '--to', 'edge2', '--strategy', 'registry', '--dry-run']);
  expect(bench.service.orders).toEqual([
    { instanceId: 'ins-1', to: null, strategy: null, dryRun: false },
    { instanceId: 'ins-1', to: 'edge2', strategy: 'registry', dryRun: true },
  ]);
});

test('a strategy that no agent has is refused before the agent is asked', async () => {
  const { exitCode, stderr } = await bench.blosm(['migrate', 'ins-1', '--strategy', 'direct']);
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/Allowed choices are registry/);
  expect(bench.service.orders).toEqual([]);
});

test('a dry run that finds no destination is exit code 5', async () => {
  const { plan } = bench.service.migrations;
  bench.service.migrations.plan = async (order) => ({ ...(await plan(order)), destinations: [] });
  expect(await bench.blosm(['migrate', 'ins-1', '--dry-run'])).toMatchObject({ exitCode: 5 });
});

test('--wait tells each change once and ends with the whole record', async () => {
  bench.service.progress = [{}, {}, { state: 'HANDED_OVER', waitsFor: 'edge2 to complete' }, completed];
  const { exitCode, stdout, stderr } = await bench.blosm(['migrate', 'ins-1', '--wait', '-o', 'json']);
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ kind: 'Migration', state: 'COMPLETED', confirmations: [{}, {}] });
  expect(stderr.split('\n')).toEqual([
    'mig-2: proposed; interrupting this command does not stop it',
    'mig-2: PROPOSED, waits for confirmations of edge3',
    'mig-2: HANDED_OVER, waits for edge2 to complete',
    '',
  ]);
});

test.each([
  ['ABORTED', aborted, 7],
  ['SUPERSEDED', { state: 'SUPERSEDED', waitsFor: null } as const, 8],
])('--wait that ends %s is a failure of its own', async (state, end, expected) => {
  bench.service.progress = [{}, end];
  const { exitCode, stdout } = await bench.blosm(['migrate', 'ins-1', '--wait', '--quiet']);
  expect(exitCode).toBe(expected);
  expect(stdout).toContain(state);
});

test('--wait beyond --timeout is exit code 9 and says how to look', async () => {
  const outcome = await bench.blosm(['migrate', 'ins-1', '--wait', '--quiet', '--timeout', '300ms']);
  expect(outcome).toMatchObject({ exitCode: 9, stdout: '' });
  expect(outcome.stderr).toMatch(/mig-2 has not ended after 300 ms[^]*blosm migration get mig-2/);
});

test('an interrupt ends the waiting with 130', async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 300);
  const argv = ['migrate', 'ins-1', '--wait', '--quiet'];
  const outcome = await bench.blosm(argv, { signal: controller.signal });
  expect(outcome).toMatchObject({ exitCode: 130, stdout: '' });
});

test('an agent that is away for a while does not end the waiting', async () => {
  const { get } = bench.service.migrations;
  let calls = 0;
  bench.service.migrations.get = (id) => {
    calls += 1;
    if (calls !== 2) return get(id);
    return Promise.reject(new BlosmError('BLOSM_E_AGENT_UNREACHABLE', 'restarting'));
  };
  bench.service.progress = [{}, completed];
  const { exitCode, stderr } = await bench.blosm(['migrate', 'ins-1', '--wait']);
  expect(exitCode).toBe(0);
  expect(stderr).toContain('the agent does not answer now');
});

test("a peer that is away for a while does not end the waiting, and a refusal of the agent's does", async () => {
  const { get } = bench.service.migrations;
  const failures = [
    new BlosmError('BLOSM_E_LEDGER_UNREACHABLE', 'the peer is off \u001b[2J', { stage: 'query' }),
    new BlosmError('BLOSM_E_TIMEOUT', 'the query took too long', { stage: 'query' }),
  ];
  let calls = 0;
  bench.service.migrations.get = (id) => {
    calls += 1;
    const failure = failures[calls - 2];
    return failure === undefined ? get(id) : Promise.reject(failure);
  };
  bench.service.progress = [{}, completed];
  const { exitCode, stderr } = await bench.blosm(['migrate', 'ins-1', '--wait']);
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(/mig-2: the agent cannot tell now: the peer is off \?\[2J\n[^]*: the query took too long\n/);
  bench.service.migrations.get = () => Promise.reject(new BlosmError('BLOSM_E_CORRUPT_RECORD', 'unreadable'));
  expect(await bench.blosm(['migrate', 'ins-1', '--wait'])).toMatchObject({ exitCode: 1 });
});

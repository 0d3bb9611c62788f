import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { EXAMPLES } from '../../../agent/cli/examples';
import { OUTPUT_FORMATS } from '../../../agent/cli/output/formats';
import { buildProgram, leavesOf } from '../../../agent/cli/program';
import { aCluster } from '../../fakes/control-records';
import type * as fakes from '../../fakes/network';
import { oddIdentity } from '../../support/odd-certificates';
import { startBench, type AgentBench, type Outcome } from './invoke';
import { documentSchema } from './kinds';

const mockCalls: string[] = [];
jest.mock('../../../network/fabric/index', () =>
  jest.requireActual<typeof fakes>('../../fakes/network').fakeFabric(mockCalls),
);
jest.mock('../../../network/sandbox/index', () =>
  jest.requireActual<typeof fakes>('../../fakes/network').fakeSandbox(mockCalls),
);
jest.mock('../../../agent/cli/examine-here', () => ({ examineHere: () => Promise.resolve(mockExamination) }));
const mockExamination = {
  state: 'warn',
  results: [
    { check: 'ledger', about: '', doc: 'agent/docs/doctor.md#ledger', state: 'warn', seen: 'far behind', mend: 'wait' },
  ],
};
jest.mock('../../../agent/daemon/run', () => ({ runAgent: () => Promise.resolve(mockCalls.push('agent run')) }));
jest.mock('../../../agent/cli/register-cluster', () => ({
  registerCluster: () => Promise.resolve(mockCalls.push('register')).then(() => mockRegistered()),
}));
const mockRegistered = () => aCluster(1);

const silent = () => undefined;
const program = buildProgram({ writeOut: silent, writeError: silent, call: () => Promise.resolve() });
const LEAVES = leavesOf(program).map(({ command, path }) => ({ command, name: path.join(' ') }));

/** Commands that run until they end, without a result. */
const WITHOUT_RESULT = ['agent run'];

const SERVICE_FILE =
  'serviceId: counter\napplicationType: counter\nimage: { repository: blosm/counter }\nrun: { port: 8000 }\n';
const CONFIG = 'state: { directory: state }\ncontrol: { socket: agent.sock }\n';

let bench: AgentBench;
let identity: Awaited<ReturnType<typeof oddIdentity>>;
let admin: Awaited<ReturnType<typeof oddIdentity>>;
beforeAll(async () => {
  [identity, admin] = await Promise.all([oddIdentity(), oddIdentity({ units: ['admin'] })]);
});
beforeEach(async () => {
  bench = await startBench();
  bench.service.progress = [{ state: 'COMPLETED', waitsFor: null }];
  const put = (file: string, text: string) => writeFileSync(join(bench.directory, file), text);
  await bench.blosm([
    'init',
    '--name',
    'edge1',
    '--set',
    'ledger.certificate=cert.pem',
    '--set',
    'ledger.privateKey=key.pem',
  ]);
  put('blosm.yaml', `${readFileSync(join(bench.directory, 'blosm.yaml'), 'utf8')}${CONFIG}`);
  put('other.yaml', readFileSync(join(bench.directory, 'blosm.yaml'), 'utf8'));
  put('service.yaml', SERVICE_FILE);
  put('cert.pem', identity.certificatePem);
  put('key.pem', identity.keyPem);
  put('admin.pem', admin.certificatePem);
  put('admin.key', admin.keyPem);
  mockCalls.length = 0;
});
afterEach(() => bench.close());

/** The words of an example without the program's name. */
const wordsOf = (example: string): string[] => example.split(' ').slice(1);

async function runExample(name: string, more: readonly string[]): Promise<Outcome> {
  const [example] = EXAMPLES[name] ?? [];
  if (example === undefined) throw new Error(`give blosm ${name} an example in agent/cli/examples.ts`);
  // These replace no file that is there.
  if (name === 'init') rmSync(join(bench.directory, 'blosm.yaml'), { force: true });
  // It replaces no file, and time stands still here.
  for (const file of readdirSync(bench.directory)) if (file.endsWith('.tar.gz')) rmSync(join(bench.directory, file));
  const config = name === 'agent run' ? ['--config', 'blosm.yaml'] : [];
  return bench.blosm([...wordsOf(example), '--quiet', ...config, ...more]);
}

test.each(LEAVES)('blosm $name honours each output', async ({ name }) => {
  const outcomes = new Map<string, string>();
  for (const format of OUTPUT_FORMATS) {
    const { exitCode, stdout, stderr } = await runExample(name, ['-o', format]);
    expect({ format, exitCode, stderr }).toEqual({ format, exitCode: 0, stderr: '' });
    outcomes.set(format, stdout);
  }
  const of = (format: (typeof OUTPUT_FORMATS)[number]): string => outcomes.get(format) ?? '';
  if (WITHOUT_RESULT.includes(name)) {
    expect([...outcomes.values()].join('')).toBe('');
    return;
  }
  const document = JSON.parse(of('json')) as { kind: string; items?: unknown[] };
  expect(documentSchema(document.kind).parse(document)).toEqual(document);
  expect(parse(of('yaml'))).toEqual(document);
  for (const format of ['table', 'wide', 'name', 'ndjson'] as const) expect(of(format)).toMatch(/^[^]+\n$/);
  const lines = of('ndjson')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  for (const line of lines) expect(line).toMatchObject({ apiVersion: 'blosm/v1', kind: expect.any(String) as string });
  if (document.kind.endsWith('List')) {
    expect(lines).toEqual(
      document.items?.map((item) => ({
        apiVersion: 'blosm/v1',
        kind: document.kind.slice(0, -4),
        ...(item as object),
      })),
    );
    expect(of('name').trimEnd().split('\n')).toHaveLength(lines.length);
  }
  expect(of('wide').length).toBeGreaterThanOrEqual(of('table').length);
});

test.each(Object.entries(EXAMPLES).flatMap(([name, lines]) => lines.map((line) => [name, line] as const)))(
  'the example of %s can be parsed: %s',
  async (name, line) => {
    const called: string[][] = [];
    const parser = buildProgram({
      writeOut: silent,
      writeError: silent,
      call: ({ args }) => Promise.resolve(void called.push([...args])),
    });
    expect(line).toMatch(new RegExp(`^blosm ${name}( |$)`));
    await parser.parseAsync(wordsOf(line), { from: 'user' });
    expect(called).toHaveLength(1);
  },
);

test('no example is left over from a command that is gone', () => {
  expect(Object.keys(EXAMPLES).filter((name) => !LEAVES.some((leaf) => leaf.name === name))).toEqual([]);
});

const CHANGING = LEAVES.filter(({ command }) => command.options.some(({ long }) => long === '--dry-run'));

test('what changes something can be tried out', () => {
  expect(CHANGING.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      ...['init', 'identity import', 'cluster register', 'cluster cordon', 'cluster uncordon', 'cluster leave'],
      ...['service register', 'instance recover', 'migrate', 'network up', 'network down', 'network deploy'],
      ...['network upgrade', 'network add-org', 'network remove-org', 'network reset', 'sandbox up', 'sandbox down'],
    ]),
  );
});

test.each(CHANGING)('blosm $name --dry-run says what would happen and changes nothing', async ({ name }) => {
  const refuse = () => Promise.reject(new Error('a dry run asked the agent to change something'));
  Object.assign(bench.service.clusters, { cordon: refuse, leave: refuse });
  Object.assign(bench.service.services, { register: refuse, remove: refuse });
  Object.assign(bench.service.instances, { recover: refuse, remove: refuse });
  Object.assign(bench.service.migrations, { start: refuse, cancel: refuse, retry: refuse });
  const [example = ''] = EXAMPLES[name] ?? [];
  const words = wordsOf(example).filter((word) => word !== '--yes');
  const { exitCode, stdout, stderr } = await bench.blosm([...words, '--dry-run', '-o', 'json', '--quiet']);
  expect([0, 5]).toContain(exitCode);
  expect(stderr).toBe('');
  const document = JSON.parse(stdout) as { kind: string; command?: string };
  expect(documentSchema(document.kind).parse(document)).toEqual(document);
  if (document.kind === 'DryRun') expect(document.command).toBe(name);
  expect(mockCalls).toEqual([]);
});

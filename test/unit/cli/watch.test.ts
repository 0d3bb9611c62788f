import { BlosmError } from '../../../chaincode/src/model';
import { START_MS } from '../../fakes/control-records';
import { startBench, type AgentBench, type Outcome, type Surroundings } from './invoke';

let bench: AgentBench;
beforeEach(async () => {
  bench = await startBench();
});
afterEach(() => bench.close());

const CLEAR = '\u001b[H\u001b[2J\u001b[3J';
const completed = { state: 'COMPLETED', waitsFor: null, completedAtMs: START_MS + 9000 } as const;
const handedOver = { state: 'HANDED_OVER', waitsFor: 'edge2 to complete' } as const;

/**
 * Runs a command that watches. Before each look of the command but the first, `steps` changes the agent; after the last
 * one the user interrupts.
 */
async function watching(
  argv: readonly string[],
  look: 'migrations' | 'clusters' | 'status',
  steps: readonly (() => void)[],
  surroundings: Surroundings = {},
): Promise<Outcome> {
  const user = new AbortController();
  const left = [() => undefined, ...steps];
  const next = (): void => (left.shift() ?? (() => user.abort()))();
  const { service } = bench;
  const { status, migrations, clusters } = service;
  const [listMigrations, listClusters] = [migrations.list, clusters.list];
  if (look === 'status') service.status = () => (next(), status());
  if (look === 'migrations') migrations.list = (request) => (next(), listMigrations(request));
  if (look === 'clusters') clusters.list = () => (next(), listClusters());
  return bench.blosm([...argv, '-w', '--interval', '5ms'], { ...surroundings, signal: user.signal });
}

const first = () => bench.service.migrationViews[0]!;
const proceed = () => {
  bench.service.migrationViews = [{ ...first(), ...handedOver }];
};
const add = () => bench.service.migrationViews.push({ ...first(), migrationId: 'mig-9' });
const remove = () => bench.service.migrationViews.shift();
const stay = () => undefined;

describe('a list that is watched', () => {
  const STEPS = [stay, proceed, stay, add, remove];

  test('appends the rows that are new or have changed, and ends with 130 when interrupted', async () => {
    const { exitCode, stdout, stderr } = await watching(['migration', 'list'], 'migrations', STEPS);
    expect({ exitCode, stderr }).toEqual({ exitCode: 130, stderr: '' });
    const rows = stdout.trimEnd().split('\n');
    expect(rows.map((row) => row.split(/ {2,}/).filter((_, column) => column === 0 || column === 4))).toEqual([
      ['MIGRATION', 'STATE'],
      ['mig-1', 'PROPOSED'],
      ['mig-1', 'HANDED_OVER'],
      ['mig-9', 'HANDED_OVER'],
      ['mig-1'],
    ]);
    expect(rows.at(-1)).toBe('mig-1  gone');
  });

  test('is a document on a line for each of them with -o ndjson', async () => {
    const { exitCode, stdout } = await watching(['migration', 'list', '-o', 'ndjson'], 'migrations', STEPS);
    expect(exitCode).toBe(130);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(lines).toMatchObject([
      { apiVersion: 'blosm/v1', kind: 'Migration', migrationId: 'mig-1', state: 'PROPOSED' },
      { migrationId: 'mig-1', state: 'HANDED_OVER' },
      { migrationId: 'mig-9' },
      { migrationId: 'mig-1', gone: true },
    ]);
  });

  test('is a stream of documents with -o yaml, and of ids with -o name', async () => {
    const yaml = await watching(['migration', 'list', '-o', 'yaml'], 'migrations', [proceed]);
    expect(yaml.stdout.match(/^---\napiVersion: blosm\/v1\nkind: Migration\n/gm)).toHaveLength(2);
    bench.service.migrationViews = [{ ...first(), state: 'PROPOSED' }];
    const names = await watching(['migration', 'list', '-o', 'name'], 'migrations', [proceed, add, remove]);
    expect(names.stdout).toBe('mig-1\nmig-1\nmig-9\n');
  });

  test('redraws a terminal once for each change', async () => {
    const { stdout } = await watching(['migration', 'list'], 'migrations', [stay, proceed, stay], { isTty: true });
    const screens = stdout.split(CLEAR);
    expect(screens).toHaveLength(3);
    expect(screens[0]).toBe('');
    expect(screens[1]).toMatch(/^MIGRATION .*\nmig-1 .*PROPOSED/);
    expect(screens[2]).toMatch(/^MIGRATION .*\nmig-1 .*HANDED_OVER/);
  });

  test('appends for programs on a terminal too', async () => {
    const { stdout } = await watching(['migration', 'list', '-o', 'json'], 'migrations', [stay], { isTty: true });
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'Migration', migrationId: 'mig-1' });
  });

  test('shows an empty list, and what comes into it', async () => {
    const view = first();
    bench.service.migrationViews = [];
    const appear = () => void bench.service.migrationViews.push(view);
    const { stdout } = await watching(['migration', 'list'], 'migrations', [appear]);
    expect(stdout).toMatch(/^\(none\)\nmig-1 /);
  });

  test('waits for a peer that is restarted, which is said once', async () => {
    const fail = () => {
      bench.service.failure = new BlosmError('BLOSM_E_LEDGER_UNREACHABLE', 'the peer is off', { stage: 'query' });
    };
    const mend = () => {
      bench.service.failure = null;
      proceed();
    };
    const steps = [fail, stay, mend];
    const { exitCode, stdout, stderr } = await watching(['migration', 'list', '-o', 'name'], 'migrations', steps);
    expect({ exitCode, stdout }).toEqual({ exitCode: 130, stdout: 'mig-1\nmig-1\n' });
    expect(stderr).toBe('the agent cannot tell now: the peer is off\n');
  });

  test('is not begun with a peer that is off', async () => {
    bench.service.failure = new BlosmError('BLOSM_E_LEDGER_UNREACHABLE', 'the peer is off', { stage: 'query' });
    expect(await bench.blosm(['migration', 'list', '-w'])).toMatchObject({ exitCode: 6, stdout: '' });
  });

  test.each(['cluster', 'service', 'instance'])('%s list can be watched', async (noun) => {
    const user = new AbortController();
    const outcome = await bench.blosm([noun, 'list', '-w', '-o', 'ndjson'], {
      signal: user.signal,
      onWrite: () => user.abort(),
    });
    expect(outcome).toMatchObject({ exitCode: 130, stdout: expect.stringMatching(/^\{.*\n/) as string });
  });
});

describe('the status that is watched', () => {
  const grow = () => {
    const { statusView } = bench.service;
    bench.service.statusView = { ...statusView, ledgerHeight: 43, nowMs: statusView.nowMs + 2000 };
  };
  const tick = () => {
    bench.service.statusView = { ...bench.service.statusView, nowMs: bench.service.statusView.nowMs + 1000 };
  };

  test('is a line for each change; time that passes is none', async () => {
    const { exitCode, stdout } = await watching(['status'], 'status', [tick, grow]);
    expect(exitCode).toBe(130);
    expect(stdout.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/Z edge1 ready, 42 blocks, 1 instances, 1 open migrations, engine down$/) as string,
      expect.stringMatching(/Z edge1 ready, 43 blocks/) as string,
    ]);
  });

  test('is the whole screen on a terminal', async () => {
    const { stdout } = await watching(['status'], 'status', [grow], { isTty: true });
    expect(stdout.split(CLEAR).slice(1)).toEqual([
      expect.stringMatching(/^agent: +edge1[^]*ledger: +42 blocks/) as string,
      expect.stringMatching(/^agent: +edge1[^]*ledger: +43 blocks/) as string,
    ]);
  });
});

describe('blosm migration watch', () => {
  const watch = ['migration', 'watch', 'mig-1', '--interval', '5ms'];

  test('says each change in a line and ends with the migration', async () => {
    bench.service.progress = [{}, {}, handedOver, completed];
    const { exitCode, stdout, stderr } = await bench.blosm(watch);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/Z mig-1 PROPOSED, waits for confirmations of edge3$/) as string,
      expect.stringMatching(/Z mig-1 HANDED_OVER, waits for edge2 to complete$/) as string,
      expect.stringMatching(/Z mig-1 COMPLETED$/) as string,
    ]);
  });

  test.each([
    ['ABORTED', 7],
    ['SUPERSEDED', 8],
  ] as const)('%s is exit code %d', async (state, expected) => {
    bench.service.progress = [{ state, waitsFor: null }];
    const { exitCode, stdout } = await bench.blosm([...watch, '-o', 'ndjson']);
    expect(exitCode).toBe(expected);
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'Migration', state, confirmations: [{}, {}] });
  });

  test('that has not ended when the time is up is exit code 9', async () => {
    const { exitCode, stderr } = await bench.blosm([...watch, '--timeout', '50ms']);
    expect(exitCode).toBe(9);
    expect(stderr).toMatch(/mig-1 has not ended after 50 ms[^]*blosm migration get mig-1/);
  });

  test('the time is up for an agent that stays away, too', async () => {
    const { get } = bench.service.migrations;
    let looks = 0;
    bench.service.migrations.get = (id) => {
      looks += 1;
      if (looks === 2) void bench.stop();
      return get(id);
    };
    // Ends a command that would wait for ever.
    const user = new AbortController();
    const timer = setTimeout(() => user.abort(), 20_000);
    const { exitCode, stderr } = await bench.blosm([...watch, '--timeout', '1s'], { signal: user.signal });
    clearTimeout(timer);
    expect(exitCode).toBe(9);
    expect(stderr).toMatch(/mig-1 has not ended after 1000 ms/);
  });

  test('goes on when the peer is back', async () => {
    const { get } = bench.service.migrations;
    let looks = 0;
    bench.service.migrations.get = (id) => {
      looks += 1;
      if (looks !== 2) return get(id);
      return Promise.reject(new BlosmError('BLOSM_E_LEDGER_UNREACHABLE', 'the peer is off', { stage: 'query' }));
    };
    bench.service.progress = [{}, completed];
    const { exitCode, stderr } = await bench.blosm(watch);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: 'the agent cannot tell now: the peer is off\n' });
  });

  test('an unknown one is exit code 4, an interrupt 130', async () => {
    expect(await bench.blosm(['migration', 'watch', 'nothing'])).toMatchObject({ exitCode: 4, stdout: '' });
    const user = new AbortController();
    const outcome = await bench.blosm(watch, { signal: user.signal, onWrite: () => user.abort() });
    expect(outcome).toMatchObject({ exitCode: 130, stderr: '' });
  });

  test('an agent that goes away is waited for, which is said once', async () => {
    const user = new AbortController();
    const { get } = bench.service.migrations;
    let looks = 0;
    bench.service.migrations.get = (id) => {
      looks += 1;
      if (looks === 2) void bench.stop();
      return get(id);
    };
    const { exitCode, stderr } = await bench.blosm(watch, {
      signal: user.signal,
      onWrite: (written) => {
        if (written.includes('does not answer')) setTimeout(() => user.abort(), 50);
      },
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 130, stderr: 'the agent does not answer now\n' });
  });
});

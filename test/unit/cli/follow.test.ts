import { anEvent, aLogLine, aRoute } from '../../fakes/control-records';
import { startBench, type AgentBench, type Outcome } from './invoke';

let bench: AgentBench;
beforeEach(async () => {
  bench = await startBench();
});
afterEach(() => bench.close());

describe('blosm logs and events', () => {
  test('say a line in one line, ids as they are', async () => {
    expect((await bench.blosm(['logs'])).stdout).toBe(
      '14:13:20.000 WARN  step failed instanceId=ins-1 migrationId=mig-1 code=BLOSM_E_TIMEOUT error="no answer"\n',
    );
    bench.service.eventLines = [
      { line: anEvent(), position: '7-1' },
      {
        line: anEvent({ source: 'agent', name: 'pull failed', blockNumber: null, detail: 'no\u001b[31m space' }),
        position: '7-2',
      },
    ];
    expect((await bench.blosm(['events'])).stdout).toBe(
      [
        '14:13:20.000 ledger MigrationProposed mig-1 ins-1 image-recognition by edge1 block 42\n',
        '14:13:20.000 agent  pull failed mig-1 ins-1 image-recognition by edge1 (no?[31m space)\n',
      ].join(''),
    );
  });

  test.each(['json', 'yaml'])('with -o %s each line is a document with its position', async (output) => {
    bench.service.logLines = [1, 2].map((n) => ({ line: aLogLine({ message: `line ${n}` }), position: `7-${n}` }));
    const { stdout } = await bench.blosm(['logs', '-o', output]);
    const { parseAllDocuments } = await import('yaml');
    const documents: unknown[] =
      output === 'json'
        ? stdout
            .trim()
            .split('\n')
            .map((text) => JSON.parse(text) as unknown)
        : parseAllDocuments(stdout).map((document) => document.toJS() as unknown);
    expect(documents).toMatchObject([
      { message: 'line 1', level: 'warn', position: '7-1' },
      { message: 'line 2', position: '7-2' },
    ]);
  });

  test('ask for what is wanted only', async () => {
    await bench.blosm([
      ...['logs', '--service', 'counter', '--instance', 'ins-1', '--migration', 'mig-1', '--level', 'warn'],
      ...['--after', '7-9', '--limit', '5'],
    ]);
    expect(bench.service.feedRequests).toEqual([
      {
        service: 'counter',
        instance: 'ins-1',
        migration: 'mig-1',
        level: 'warn',
        after: '7-9',
        limit: 5,
        follow: false,
      },
    ]);
    const refused = await bench.blosm(['events', '--after', 'yesterday']);
    expect(refused).toMatchObject({ exitCode: 2, stdout: '' });
    expect(refused.stderr).toMatch(/after: a position/);
  });

  test('say on standard error what is missing', async () => {
    bench.service.logLines = [
      { gap: '12 entries are no longer kept', position: '7-12' },
      { line: aLogLine(), position: '7-13' },
    ];
    const outcome = await bench.blosm(['logs', '--after', '7-0', '-o', 'json']);
    expect(outcome.stderr).toBe('lines are missing here: 12 entries are no longer kept\n');
    expect(outcome.stdout.split('\n')).toHaveLength(2);
  });

  test('follow until Ctrl-C, which is exit code 130', async () => {
    const interrupted = new AbortController();
    let seen = '';
    const onWrite = (text: string) => void (seen = text);
    const following = bench.blosm(['logs', '-f'], { signal: interrupted.signal, onWrite });
    await until(() => seen.includes('step failed'));
    expect(bench.service.feedRequests[0]).toMatchObject({ follow: true });
    interrupted.abort();
    const { exitCode, stdout } = await following;
    expect(exitCode).toBe(130);
    expect(stdout).toContain('step failed');
  });

  test('a heartbeat is no line', async () => {
    bench.service.logLines = [{ heartbeat: 1_790_000_000_000, position: '7-1' }];
    expect(await bench.blosm(['logs'])).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  });

  test('a follower outlives its agent and goes on where it was', async () => {
    const interrupted = new AbortController();
    bench.service.logLines = [{ line: aLogLine({ message: 'before' }), position: '7-1' }];
    let seen = '';
    const onWrite = (text: string) => void (seen = text);
    const following: Promise<Outcome> = bench.blosm(['logs', '-f'], { signal: interrupted.signal, onWrite });
    await until(() => seen.includes('before'));
    bench.service.logLines = [
      { gap: 'the agent was restarted since', position: '8-0' },
      { line: aLogLine({ message: 'after' }), position: '8-1' },
    ];
    await bench.restart();
    await until(() => seen.includes('after'));
    expect(bench.service.feedRequests[1]).toMatchObject({ after: '7-1' });
    interrupted.abort();
    const { stdout, stderr, exitCode } = await following;
    expect(exitCode).toBe(130);
    expect(stdout.match(/before|after/g)).toEqual(['before', 'after']);
    expect(stderr).toMatch(/the agent is gone; waiting for it\nthe agent answers again\nlines are missing here/);
  });
});

describe('blosm route', () => {
  test('list says where requests go, and how many are there', async () => {
    bench.service.routeViews = [
      aRoute('ins-1'),
      aRoute('ins-2', { mode: 'forwarded', target: 'edge2', inFlight: 0, held: 0 }),
      aRoute('ins-3', { mode: 'refused', target: '', reason: 'the service is being migrated', inFlight: 0, held: 0 }),
    ];
    const { stdout } = await bench.blosm(['route', 'list']);
    expect(stdout.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['INSTANCE', 'SERVICE', 'MODE', 'TARGET', 'IN-FLIGHT', 'HELD', 'REASON'],
      ['ins-1', 'image-recognition', 'served', '172.17.0.2:80', '2', '1'],
      ['ins-2', 'image-recognition', 'forwarded', 'edge2', '0', '0'],
      ['ins-3', 'image-recognition', 'refused', '0', '0', 'the service is being migrated'],
      [''],
    ]);
  });

  test('get says it of one, and that there is none', async () => {
    expect(JSON.parse((await bench.blosm(['route', 'get', 'ins-1', '-o', 'json'])).stdout)).toMatchObject({
      ...{ apiVersion: 'blosm/v1', kind: 'Route', mode: 'served', inFlight: 2, held: 1 },
    });
    expect((await bench.blosm(['route', 'get', 'ins-1'])).stdout).toMatch(/target: +172.17.0.2:80/);
    expect(await bench.blosm(['route', 'get', 'ins-9'])).toMatchObject({ exitCode: 4, stdout: '' });
  });
});

async function until(holds: () => boolean): Promise<void> {
  const endMs = Date.now() + 30_000;
  while (!holds()) {
    if (Date.now() > endMs) throw new Error('not in 30 s');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

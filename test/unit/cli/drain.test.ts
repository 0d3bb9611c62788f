import { aDrain, START_MS } from '../../fakes/control-records';
import { startBench, type AgentBench } from './invoke';

let bench: AgentBench;
beforeEach(async () => {
  bench = await startBench();
});
afterEach(() => bench.close());

const left = (step: 'failed' | 'refused'): object => ({
  instances: [{ ...aDrain().instances[1], step, reason: 'edge2: needs 512 MiB of memory, 100 MiB remain' }],
});
const done = { isDone: true, moved: 2, instances: [] };

test('drain begins and tells how far it is', async () => {
  const { exitCode, stdout } = await bench.blosm(['agent', 'drain']);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/drain: +under way, since .*[^]*ins-1 +counter +moving +edge2 +mig-1 +waits for/);
});

test('undrain ends it', async () => {
  const { exitCode, stdout } = await bench.blosm(['agent', 'undrain']);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/drain: +none[^]*takes in what is new: +yes/);
});

test('drain --wait tells each change once, until nothing is left', async () => {
  bench.service.drains = [aDrain(), aDrain(), aDrain(done)];
  const { exitCode, stdout, stderr } = await bench.blosm(['agent', 'drain', '--wait', '-o', 'json']);
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ kind: 'Drain', isDone: true, moved: 2, sinceMs: START_MS });
  expect(stderr).toBe('1 moved, 1 moving, 1 to go\n');
});

test('drain --wait names who cannot be moved, and tells a failed migration from a refused one', async () => {
  const other = await startBench();
  const cases = [
    { at: bench, step: 'failed', expected: 7 },
    { at: other, step: 'refused', expected: 5 },
  ] as const;
  const outcomes = await Promise.all(
    cases.map(({ at, step }) => {
      at.service.drains = [aDrain(), aDrain(left(step))];
      return at.blosm(['agent', 'drain', '--wait', '--quiet']);
    }),
  ).finally(() => other.close());
  expect(outcomes.map(({ exitCode }) => exitCode)).toEqual(cases.map(({ expected }) => expected));
  for (const [index, { stdout }] of outcomes.entries()) {
    expect(stdout).toMatch(new RegExp(`ins-2 +counter +${cases[index]!.step} .*needs 512 MiB of memory`));
  }
});

test('drain --wait beyond --timeout is exit code 9 and names what is left', async () => {
  const outcome = await bench.blosm(['agent', 'drain', '--wait', '--quiet', '--timeout', '300ms']);
  expect(outcome).toMatchObject({ exitCode: 9, stdout: '' });
  expect(outcome.stderr).toMatch(
    /not drained after 300 ms: ins-1 \(moving\), ins-2 \(waiting\)[^]*blosm agent undrain/,
  );
});

test('drain --wait that somebody ends is a conflict', async () => {
  bench.service.drains = [aDrain(), aDrain({ draining: false })];
  expect(await bench.blosm(['agent', 'drain', '--wait', '--quiet'])).toMatchObject({ exitCode: 5 });
});

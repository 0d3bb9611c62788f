import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT_CODES } from '../../../agent/cli/exit-codes';
import { buildProgram, leavesOf } from '../../../agent/cli/program';
import { BlosmError } from '../../../chaincode/src/model';
import { invoke, startBench, type AgentBench, type Outcome } from './invoke';

const mockExamination = { state: 'fail', results: [] };
jest.mock('../../../agent/cli/examine-here', () => ({ examineHere: () => Promise.resolve(mockExamination) }));

let bench: AgentBench;
beforeEach(async () => {
  bench = await startBench();
});
afterEach(() => bench.close());

const fails = (error: Error) => {
  bench.service.failure = error;
};
const ends = (state: 'COMPLETED' | 'ABORTED' | 'SUPERSEDED') => {
  bench.service.progress = [{ state, waitsFor: null }];
};

/** How each exit code comes about, by real command lines. */
const CASES: readonly (readonly [expected: keyof typeof EXIT_CODES, what: string, run: () => Promise<Outcome>])[] = [
  [0, 'an answer', () => bench.blosm(['status'])],
  [0, 'a migration that completed', () => (ends('COMPLETED'), bench.blosm(['migrate', 'ins-1', '--wait', '--quiet']))],
  [1, 'a defect', () => (fails(new Error('a defect')), bench.blosm(['ledger', 'tip']))],
  [
    1,
    'an answer that makes no sense',
    () => (fails(new BlosmError('BLOSM_E_CORRUPT_RECORD', 'x')), bench.blosm(['cluster', 'list'])),
  ],
  [2, 'an unknown command', () => bench.blosm(['statsu'])],
  [2, 'an unknown option', () => bench.blosm(['status', '--wath'])],
  [2, 'no command at all', () => invoke([])],
  [2, 'what deletes without --yes', () => bench.blosm(['cluster', 'leave'])],
  [
    3,
    'an invalid configuration',
    () => {
      writeFileSync(join(bench.directory, 'bad.yaml'), 'log: 7\n');
      return bench.blosm(['config', 'validate', 'bad.yaml']);
    },
  ],
  [3, 'a configuration that is not there', () => bench.blosm(['agent', 'run', '--config', 'missing.yaml'])],
  [4, 'an id that nobody knows', () => bench.blosm(['migration', 'get', 'nothing'])],
  [4, 'a cluster that nobody knows', () => bench.blosm(['cluster', 'get', 'nothing'])],
  [
    5,
    'a refusal by the ledger',
    () => (fails(new BlosmError('BLOSM_E_OWNS_INSTANCES', 'x')), bench.blosm(['cluster', 'leave', '--yes'])),
  ],
  [5, 'a dry run that would be refused', () => bench.blosm(['cluster', 'leave', '--dry-run'])],
  [6, 'no agent', () => invoke(['status', '--agent', '/nowhere/agent.sock'])],
  [6, 'no ledger', () => (fails(new BlosmError('BLOSM_E_LEDGER_UNREACHABLE', 'x')), bench.blosm(['ledger', 'tip']))],
  [7, 'a migration that was aborted', () => (ends('ABORTED'), bench.blosm(['migrate', 'ins-1', '--wait', '--quiet']))],
  [7, 'the same, watched', () => (ends('ABORTED'), bench.blosm(['migration', 'watch', 'mig-1']))],
  [
    8,
    'a migration that needs an operator',
    () => (ends('SUPERSEDED'), bench.blosm(['migrate', 'ins-1', '--wait', '--quiet'])),
  ],
  [9, 'a wait that is over', () => bench.blosm(['migrate', 'ins-1', '--wait', '--quiet', '--timeout', '50ms'])],
  [10, 'a check of doctor that fails', () => bench.blosm(['doctor'])],
  [130, 'an interrupt', () => bench.blosm(['status'], { signal: AbortSignal.abort() })],
  [
    130,
    'an interrupt of what is watched',
    () => {
      const user = new AbortController();
      return bench.blosm(['cluster', 'list', '-w', '-o', 'name'], { signal: user.signal, onWrite: () => user.abort() });
    },
  ],
];

test.each(CASES)('%d: %s', async (expected, _what, run) => {
  const { exitCode } = await run();
  expect(exitCode).toBe(expected);
});

test('every exit code has come about', () => {
  expect([...new Set(CASES.map(([code]) => code))]).toEqual(Object.keys(EXIT_CODES).map(Number));
});

const silent = () => undefined;
const program = buildProgram({ writeOut: silent, writeError: silent, call: () => Promise.resolve() });

/** A typing error: its last two letters have changed places. */
const mistyped = (word: string) => `${word.slice(0, -2)}${word.at(-1) ?? ''}${word.at(-2) ?? ''}`;

test.each(leavesOf(program).map(({ path }) => [path]))('%j mistyped names the command that was meant', async (path) => {
  const last = path.at(-1) ?? '';
  const wrong = mistyped(last);
  if (wrong === last) return;
  const { exitCode, stdout, stderr } = await invoke([...path.slice(0, -1), wrong]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toContain(`unknown command '${wrong}'`);
  expect(stderr).toContain(`Did you mean`);
  expect(stderr).toContain(last);
});

test('only --verbose shows where an error came from', async () => {
  bench.service.failure = new Error('a defect');
  expect((await bench.blosm(['ledger', 'tip'])).stderr).not.toMatch(/ at .*\.ts:\d+/);
  expect((await bench.blosm(['ledger', 'tip', '--verbose'])).stderr).toMatch(/ at .*\.ts:\d+/);
});

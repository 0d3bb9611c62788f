import type { Command } from 'commander';
import { complain } from '../../../agent/cli/complain';
import { EXIT_CODE_OF, EXIT_CODES } from '../../../agent/cli/exit-codes';
import { parseDuration } from '../../../agent/cli/duration';
import { buildProgram } from '../../../agent/cli/program';
import { BlosmError, ERRORS, type ErrorCode } from '../../../chaincode/src/model';
import { invoke, startBench } from './invoke';

const silent = () => undefined;
const program = buildProgram({ writeOut: silent, writeError: silent, call: () => Promise.resolve() });
const pathsBelow = (command: Command, path: string[]): string[][] =>
  command.commands.flatMap((child) => [[...path, child.name()], ...pathsBelow(child, [...path, child.name()])]);
const PATHS = pathsBelow(program, []);

test('the commands are those of the reference', () => {
  expect(PATHS.map((path) => path.join(' '))).toEqual(
    expect.arrayContaining([
      'init',
      'status',
      'agent run',
      'migrate',
      'migration timeline',
      'network reset',
      'version',
    ]),
  );
});

test.each([[], ...PATHS].map((path) => [path.join(' '), path] as const))('blosm %s --help', async (_name, path) => {
  const { exitCode, stdout, stderr } = await invoke([...path, '--help']);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toContain(`Usage: blosm ${path.join(' ')}`.trim());
  expect(stdout).toContain('--output <format>');
});

test.each([
  [['statsu'], /unknown command 'statsu'\n\(Did you mean status\?\)/],
  [['cluster', 'lst'], /unknown command 'lst'/],
  [['cluster'], /Usage: blosm cluster/],
  [[], /Usage: blosm/],
  [['status', '--verbos'], /unknown option '--verbos'\n\(Did you mean --verbose\?\)/],
  [['status', 'extra'], /too many arguments/],
  [['service', 'get'], /missing required argument 'id'/],
  [['service', 'register'], /required option '-f, --file <file>'/],
  [['cluster', 'register'], /required option '--admin-certificate <file>'/],
  [['status', '-o', 'xml'], /Allowed choices are table, wide, json, yaml, name, ndjson/],
  [['status', '--timeout', 'soon'], /Write a time as/],
  [['migration', 'list', '--limit', '0'], /A number from 1 to 1000/],
  [['migrate', 'x', '--dry-run', '--wait'], /cannot be used with/],
  [['migrate', 'x', '--strategy', 'magic'], /Allowed choices are registry\./],
  [['status', '--quiet', '--verbose'], /cannot be used with/],
  [['status', '--agent', 'http://:0:0'], /is no address/],
  [['network', 'reset'], /--yes/],
  [['sandbox', 'down', '--purge'], /--yes/],
])('%j is wrong usage: exit code 2, nothing on standard output', async (argv, message) => {
  const { exitCode, stdout, stderr } = await invoke(argv);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toMatch(message);
});

test.each(Object.keys(ERRORS) as ErrorCode[])('%s has an exit code, and is told with code, stage and hint', (code) => {
  const lines: string[] = [];
  const stderr = { write: (text: string) => void lines.push(text), isTty: false };
  const io = { stdout: stderr, stderr, env: {}, cwd: '/', nowMs: () => 0, signal: new AbortController().signal };
  const exitCode = complain(
    { io, options: { output: 'table', color: true } },
    new BlosmError(code, 'because', { stage: 'somewhere' }),
  );
  expect(exitCode).toBe(EXIT_CODE_OF[code]);
  expect(EXIT_CODES).toHaveProperty(String(exitCode));
  expect(exitCode).not.toBe(0);
  expect(lines.join('')).toBe(`error: because (${code}, stage somewhere)\nhint:  ${ERRORS[code].hint}\n`);
});

test('no table entry is left over from a code that is gone', () => {
  expect(Object.keys(EXIT_CODE_OF).sort()).toEqual(Object.keys(ERRORS).sort());
});

test('every exit code but 0, 7 and 8 belongs to a code; those come from the state of a migration', () => {
  const used = new Set<number>(Object.values(EXIT_CODE_OF));
  expect(
    Object.keys(EXIT_CODES)
      .map(Number)
      .filter((code) => !used.has(code)),
  ).toEqual([0, 7, 8]);
});

test.each([
  [{ isTty: true }, true],
  [{ isTty: true, env: { NO_COLOR: '' } }, true],
  [{ isTty: true, env: { NO_COLOR: '1' } }, false],
  [{ isTty: true, env: { TERM: 'dumb' } }, false],
  [{ isTty: false }, false],
  [{ isTty: false, env: { FORCE_COLOR: '1' } }, true],
  [{ isTty: true, env: { FORCE_COLOR: '1', NO_COLOR: '1' } }, true],
  [{ isTty: true, env: { FORCE_COLOR: '0' } }, false],
])('with %j colours are %j', async (surroundings, expected) => {
  const argv = ['status', '--agent', '/nowhere/agent.sock'];
  const { stderr } = await invoke(argv, surroundings);
  expect(stderr.includes('\u001b[')).toBe(expected);
  expect((await invoke([...argv, '--no-color'], surroundings)).stderr).not.toContain('\u001b[');
});

test.each([
  [{ isTty: true }, [], true],
  [{ isTty: false }, [], false],
  [{ isTty: true, env: { CI: 'true' } }, [], false],
  [{ isTty: true, env: { CI: 'false' } }, [], true],
  [{ isTty: true, env: { TERM: 'dumb' } }, [], false],
  [{ isTty: true }, ['--no-progress'], false],
  [{ isTty: true }, ['--quiet'], false],
])('with %j and %j progress is %j', async (surroundings, options, expected) => {
  const bench = await startBench();
  try {
    const { exitCode, stderr } = await bench.blosm(['ledger', 'verify', ...options], surroundings);
    expect({ exitCode, isShown: stderr.includes('block 40 is in order') }).toEqual({ exitCode: 0, isShown: expected });
  } finally {
    await bench.close();
  }
});

test.each([
  ['500ms', 500],
  ['1.5s', 1500],
  ['2', 2000],
  ['5m', 300_000],
  ['1h', 3_600_000],
  ['0', undefined],
  ['-1s', undefined],
  ['1d', undefined],
  ['', undefined],
  ['1e3', undefined],
])('%j is a duration of %j ms', (text, expected) => {
  expect(parseDuration(text)).toBe(expected);
});

test('version says which release this is', async () => {
  expect((await invoke(['version'])).stdout).toMatch(/^blosm \d+\.\d+\.\d+ \(node v/);
  expect((await invoke(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

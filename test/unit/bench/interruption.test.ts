import { transformFileSync } from '@swc/core';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A bench that measures for ever, on what it is to take down. */
const BENCH = `
const { listenForInterruption, withTearDown } = require('./interruption.js');
const interruption = listenForInterruption((line) => console.log(line));
const down = new AbortController();
const measure = () => new Promise((resolve, reject) => {
  console.log('measuring');
  const load = setInterval(() => undefined, 1000);
  down.signal.addEventListener('abort', () => { clearInterval(load); console.log('load closed'); reject(new Error('gone')); });
});
const tearDown = async () => { await new Promise(setImmediate); console.log('network down'); down.abort(); };
withTearDown(interruption, measure, process.env.HANGS ? () => new Promise(() => undefined) : tearDown)
  .catch((error) => console.log(error.message))
  .finally(() => process.exit(interruption.exitCode ?? 1));
`;

let folder: string;
let child: ChildProcess;
let lines: string[];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'blosm-interruption-'));
  const options = {
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: { type: 'commonjs' },
  } as const;
  const { code } = transformFileSync(join(__dirname, '../../bench/interruption.ts'), { ...options, swcrc: false });
  writeFileSync(join(folder, 'interruption.js'), code);
  writeFileSync(join(folder, 'bench.js'), BENCH);
});
afterEach(() => child.kill('SIGKILL'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Starts it and waits until it says so. */
async function start(env: NodeJS.ProcessEnv = {}): Promise<void> {
  lines = [];
  child = spawn(process.execPath, [join(folder, 'bench.js')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  createInterface({ input: child.stdout! }).on('line', (line) => lines.push(line));
  await says('measuring');
}

async function says(what: string): Promise<void> {
  while (!lines.some((line) => line.includes(what))) await once(child.stdout!, 'data');
}

it.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('a bench that gets %s takes its network down and ends with %d', async (signal, exitCode) => {
  await start();
  const closed = once(child, 'close');
  child.kill(signal);
  expect(await closed).toEqual([exitCode, null]);
  expect(lines.slice(1)).toEqual([
    expect.stringContaining(`${signal}: everything is taken down`) as string,
    'network down',
    'load closed',
    `interrupted by ${signal}`,
  ]);
});

it('a second signal ends it at once, whatever hangs', async () => {
  await start({ HANGS: '1' });
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  await says('everything is taken down');
  child.kill('SIGINT');
  expect(await closed).toEqual([null, 'SIGINT']);
});

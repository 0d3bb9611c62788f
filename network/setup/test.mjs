// Runs every check of the project and ends with one line: N passed, N failed, N skipped. Of the long tables of faults it
// runs a sample; BLOSM_TEST_SEED takes another one, --full all of them, which takes hours.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, say } from './steps.mjs';

const isFull = process.argv.includes('--full');
if (isFull) process.env.BLOSM_TEST_FULL = '1';
else process.env.BLOSM_TEST_SEED ??= '1';

const CHECK_TIMEOUT_MS = 10 * 60_000;
const EXIT_TIMEOUT_MS = 60_000;
const TEST_TIMEOUT_MS = (isFull ? 180 : 25) * 60_000;

const bin = (name) => join(ROOT, 'node_modules', '.bin', name);
const CHECKS = [
  { name: 'eslint', command: [bin('eslint'), '.'] },
  { name: 'prettier', command: [bin('prettier'), '--check', '--log-level', 'warn', '.'] },
  {
    name: 'depcruise',
    command: [bin('depcruise'), '--config', '.dependency-cruiser.cjs', 'agent', 'network', 'chaincode/src', 'test'],
  },
  { name: 'knip', command: [bin('knip')] },
  { name: 'tsc', command: [bin('tsc'), '-p', 'tsconfig.json', '--noEmit'] },
];
const PROJECTS = [
  { name: 'unit', args: ['--coverage'] },
  // One at a time: they start networks, and two on the same ports or cores disturb each other.
  { name: 'integration', args: ['--runInBand'] },
  { name: 'e2e', args: ['--runInBand'] },
];

const total = { passed: 0, failed: 0, skipped: 0 };

function add(name, { passed, failed, skipped }, startedAt) {
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  say(`== ${name}: ${passed} passed, ${failed} failed, ${skipped} skipped (${seconds} s)`);
}

/**
 * The program's exit code; null when it was killed: at the deadline, or because it goes on although its results are
 * written, which an open handle in a test does.
 */
function stream(command, timeoutMs, results) {
  return new Promise((resolve) => {
    const child = spawn(command[0], command.slice(1), { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
    const kill = (why) => {
      say(`== killed, because ${why}: ${command.join(' ')}`);
      child.kill('SIGKILL');
    };
    const timer = setTimeout(() => kill(`it took longer than ${timeoutMs / 1000} s`), timeoutMs);
    let seenAt;
    const look = setInterval(() => {
      if (results === undefined || !existsSync(results)) return;
      seenAt ??= performance.now();
      if (performance.now() - seenAt > EXIT_TIMEOUT_MS) kill('it did not end after its results');
    }, 1000);
    const end = (code) => {
      clearTimeout(timer);
      clearInterval(look);
      resolve(code);
    };
    child.on('error', (failure) => {
      say(String(failure));
      end(null);
    });
    child.on('close', end);
  });
}

async function check({ name, command }) {
  const startedAt = performance.now();
  const passed = (await stream(command, CHECK_TIMEOUT_MS)) === 0;
  add(name, { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0 }, startedAt);
}

async function project({ name, args }, folder) {
  const startedAt = performance.now();
  const file = join(folder, `${name}.json`);
  const command = [
    bin('jest'),
    '--selectProjects',
    name,
    '--passWithNoTests',
    '--json',
    `--outputFile=${file}`,
    ...args,
  ];
  const exitCode = await stream(command, TEST_TIMEOUT_MS, file);
  add(name, countOf(file, exitCode), startedAt);
}

function countOf(file, exitCode) {
  let results;
  try {
    results = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
  // A file that cannot be loaded has no failed test, but it has failed; so has a run below a coverage threshold.
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
  return {
    passed: results.numPassedTests,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped: results.numPendingTests + results.numTodoTests,
  };
}

say(isFull ? '== everything, no samples' : `== samples by BLOSM_TEST_SEED=${process.env.BLOSM_TEST_SEED}`);
const folder = mkdtempSync(join(tmpdir(), 'blosm-test-'));
try {
  for (const entry of CHECKS) await check(entry);
  for (const entry of PROJECTS) await project(entry, folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = total.failed > 0 ? 1 : 0;
say(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  awaitHealthy,
  ensureProcess,
  isRunning,
  readRecord,
  runCommand,
  stopProcess,
  tryCommand,
  type ProcessSpec,
} from '../../network/processes';

describe('native processes', () => {
  let folder: string;
  let spec: ProcessSpec;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'blosm-processes-'));
    spec = {
      name: 'sleeper',
      command: ['sleep', '300'],
      logFile: join(folder, 'log'),
      stateFile: join(folder, 'run', 'sleeper.json'),
    };
  });

  afterEach(async () => {
    await stopProcess(spec.stateFile, { graceMs: 100 });
    rmSync(folder, { recursive: true, force: true });
  });

  it('starts once, finds it again, stops it', async () => {
    const first = await ensureProcess(spec);
    const second = await ensureProcess(spec);
    expect([first.started, second.started]).toEqual([true, false]);
    expect(second.record.pid).toBe(first.record.pid);
    await expect(stopProcess(spec.stateFile)).resolves.toBe(true);
    expect(isRunning(first.record)).toBe(false);
    await expect(stopProcess(spec.stateFile)).resolves.toBe(false);
  });

  it('starts it anew when its command has changed', async () => {
    const first = await ensureProcess(spec);
    const second = await ensureProcess({ ...spec, command: ['sleep', '301'] });
    expect(second.started).toBe(true);
    expect(isRunning(first.record)).toBe(false);
  });

  it('never kills a process that only got the same pid', async () => {
    const { record } = await ensureProcess(spec);
    const forged = { ...record, startTicks: String(Number(record.startTicks) - 1) };
    writeFileSync(spec.stateFile, JSON.stringify(forged));
    await expect(stopProcess(spec.stateFile)).resolves.toBe(false);
    expect(isRunning(record)).toBe(true);
    writeFileSync(spec.stateFile, JSON.stringify(record));
  });

  it('kills what does not end by itself', async () => {
    spec = { ...spec, command: ['bash', '-c', 'trap "" TERM; echo ready; while :; do sleep 0.1; done'] };
    const { record } = await ensureProcess(spec);
    await awaitHealthy(spec, record, () => Promise.resolve(readFileSync(spec.logFile, 'utf8').includes('ready')), {
      deadlineMs: 10_000,
    });
    await expect(stopProcess(spec.stateFile, { graceMs: 50 })).resolves.toBe(true);
    expect(isRunning(record)).toBe(false);
  });

  it('tells the command, the end of the log and what to do when it ends early', async () => {
    spec = { ...spec, command: ['bash', '-c', 'echo out of cheese >&2; exit 3'] };
    const { record } = await ensureProcess(spec);
    await expect(
      awaitHealthy(spec, record, () => Promise.resolve(false), { deadlineMs: 10_000 }),
    ).rejects.toMatchObject({
      code: 'BLOSM_E_COMMAND_FAILED',
      message: expect.stringMatching(/sleeper: bash -c .*: ended\nout of cheese/) as string,
      hint: expect.stringContaining(spec.logFile) as string,
    });
  });

  it('reports a program that does not exist and records nothing', async () => {
    spec = { ...spec, command: ['/nowhere/program'] };
    await expect(ensureProcess(spec)).rejects.toMatchObject({ code: 'BLOSM_E_COMMAND_FAILED' });
    expect(readRecord(spec.stateFile)).toBeUndefined();
  });
});

describe('commands', () => {
  it('gives what was written, and takes input', async () => {
    await expect(runCommand(['tr', 'a', 'b'], { input: 'aha' })).resolves.toMatchObject({ exitCode: 0, stdout: 'bhb' });
    await expect(tryCommand(['false'])).resolves.toMatchObject({ exitCode: 1 });
  });

  it('reports failure with its last lines and the next command', async () => {
    const failing = runCommand(['bash', '-c', 'echo no >&2; exit 4'], { nextCommand: 'blosm network status' });
    await expect(failing).rejects.toMatchObject({
      code: 'BLOSM_E_COMMAND_FAILED',
      message: expect.stringMatching(/exit code 4\nno/) as string,
      hint: 'Run next: blosm network status',
    });
  });

  it('kills at the timeout and on abort', async () => {
    await expect(runCommand(['sleep', '300'], { timeoutMs: 30 })).rejects.toMatchObject({ code: 'BLOSM_E_TIMEOUT' });
    const controller = new AbortController();
    const running = runCommand(['sleep', '300'], { signal: controller.signal });
    controller.abort();
    await expect(running).rejects.toMatchObject({ code: 'BLOSM_E_CANCELLED' });
  });
});

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { BlosmError } from '../../chaincode/src/model';
import { logTail, shellLine } from './log-tail';
import {
  bootId,
  isRunning,
  readRecord,
  removeRecord,
  startTicksOf,
  writeRecord,
  type ProcessRecord,
} from './process-record';
import { waitUntil } from './wait-until';

/** A program that goes on running after this one has ended. */
export interface ProcessSpec {
  readonly name: string;
  readonly command: readonly string[];
  /** Put before the program, e.g. `nsenter --net=/run/netns/NAME`; it has to exec the program, not fork it. */
  readonly commandPrefix?: readonly string[];
  readonly cwd?: string;
  /** Added to this process's environment; undefined removes. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Gets stdout and stderr, appended. */
  readonly logFile: string;
  /** Where the process's record is kept. */
  readonly stateFile: string;
  /** The command to run next when it fails. */
  readonly nextCommand?: string;
}

export interface StopOptions {
  /** Milliseconds between SIGTERM and SIGKILL; 10 000 when left out. */
  readonly graceMs?: number;
  readonly signal?: AbortSignal | undefined;
}

const KILL_DEADLINE_MS = 10_000;

/**
 * Starts a process detached, unless the very same one runs already; one with another command is stopped first.
 * @returns its record, and whether it was started now
 * @throws BlosmError BLOSM_E_COMMAND_FAILED when the program cannot be started
 */
export async function ensureProcess(
  spec: ProcessSpec,
  options: StopOptions = {},
): Promise<{ record: ProcessRecord; started: boolean }> {
  const earlier = readRecord(spec.stateFile);
  if (earlier !== undefined && isRunning(earlier)) {
    if (earlier.fingerprint === fingerprintOf(spec)) return { record: earlier, started: false };
    await stopProcess(spec.stateFile, options);
  }
  return { record: await start(spec), started: true };
}

async function start(spec: ProcessSpec): Promise<ProcessRecord> {
  const command = [...(spec.commandPrefix ?? []), ...spec.command];
  mkdirSync(dirname(spec.logFile), { recursive: true });
  const log = openSync(spec.logFile, 'a');
  try {
    const child = spawn(command[0] ?? '', command.slice(1), {
      cwd: spec.cwd,
      env: { ...process.env, ...spec.env },
      stdio: ['ignore', log, log],
      detached: true,
    });
    // Written in the same turn as the start: a crash right after it still leaves a process that can be found.
    const record = child.pid === undefined ? undefined : recordOf(spec, command, child.pid);
    if (record !== undefined) writeRecord(spec.stateFile, record);
    child.unref();
    await once(child, 'spawn');
    if (record === undefined) throw new Error('it has no pid');
    return record;
  } catch (cause) {
    removeRecord(spec.stateFile);
    throw processFailure(spec, command, `could not be started: ${String(cause)}`, cause);
  } finally {
    closeSync(log);
  }
}

function recordOf(spec: ProcessSpec, command: readonly string[], pid: number): ProcessRecord {
  return {
    name: spec.name,
    pid,
    startTicks: startTicksOf(pid) ?? 'ended',
    bootId: bootId(),
    command: [...command],
    fingerprint: fingerprintOf(spec),
    logFile: spec.logFile,
    startedAtMs: Date.now(),
  };
}

function fingerprintOf(spec: ProcessSpec): string {
  const what = [spec.commandPrefix ?? [], spec.command, spec.cwd ?? '', Object.entries(spec.env ?? {}).sort()];
  return createHash('sha256').update(JSON.stringify(what)).digest('hex');
}

/**
 * Waits until a started process is healthy.
 * @throws BlosmError BLOSM_E_COMMAND_FAILED with the tail of its log when it ends first or never gets healthy
 */
export async function awaitHealthy<T>(
  spec: ProcessSpec,
  record: ProcessRecord,
  check: () => Promise<T | undefined | false>,
  options: { readonly deadlineMs: number; readonly signal?: AbortSignal | undefined },
): Promise<T> {
  const assertAlive = (): void => {
    if (!isRunning(record)) throw processFailure(spec, record.command, 'ended');
  };
  try {
    return await waitUntil(
      () => {
        assertAlive();
        return check();
      },
      { ...options, what: `${spec.name} to be healthy` },
    );
  } catch (failure) {
    if (!(failure instanceof BlosmError) || failure.code !== 'BLOSM_E_TIMEOUT') throw failure;
    throw processFailure(spec, record.command, failure.message, failure);
  }
}

/** The failure of a process: its command, what happened, the tail of its log and the command to run next. */
export function processFailure(
  spec: ProcessSpec,
  command: readonly string[],
  how: string,
  cause?: unknown,
): BlosmError {
  const message = `${spec.name}: ${shellLine(command)}: ${how}\n${logTail(spec.logFile)}`;
  const next = spec.nextCommand ?? `tail -n 50 ${shellLine([spec.logFile])}`;
  return new BlosmError('BLOSM_E_COMMAND_FAILED', message, { stage: 'process', cause, hint: `Run next: ${next}` });
}

/**
 * Stops the recorded process: SIGTERM, then SIGKILL. A record whose process has ended is only removed.
 * @returns whether it was running
 */
export async function stopProcess(stateFile: string, options: StopOptions = {}): Promise<boolean> {
  const record = readRecord(stateFile);
  if (record === undefined) return false;
  const wasRunning = isRunning(record);
  if (wasRunning) {
    if (!(await endsAfter(record, 'SIGTERM', options.graceMs ?? 10_000, options.signal))) {
      await endsAfter(record, 'SIGKILL', KILL_DEADLINE_MS, options.signal);
    }
    if (isRunning(record)) {
      throw new BlosmError('BLOSM_E_TIMEOUT', `${record.name} (pid ${record.pid}) still lives after SIGKILL`, {
        stage: 'stop',
      });
    }
  }
  removeRecord(stateFile);
  return wasRunning;
}

async function endsAfter(
  record: ProcessRecord,
  kind: NodeJS.Signals,
  deadlineMs: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    process.kill(record.pid, kind);
  } catch {
    return !isRunning(record);
  }
  const what = `${record.name} to end after ${kind}`;
  return waitUntil(() => !isRunning(record), { deadlineMs, what, signal }).catch((failure: unknown) => {
    if (failure instanceof BlosmError && failure.code === 'BLOSM_E_TIMEOUT') return false;
    throw failure;
  });
}

import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** How long a program may take until it says where it listens, in milliseconds. */
const START_MS = 120_000;
/** Of /proc/PID/stat; the same on every Linux that Node runs on. */
const TICK_MS = 10;

/** A program that runs on one core until it is stopped. */
export interface PinnedProgram {
  readonly port: number;
  /** CPU time that it has used so far, in milliseconds. */
  cpuMs(): number;
  /** The most memory that it has held so far, in bytes. */
  peakBytes(): number;
  stop(): Promise<void>;
}

/** True when programs can be held to a core here and there are two of them. */
export function canPin(): boolean {
  return cpus().length > 1 && hasProgram('taskset');
}

export function hasProgram(name: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** The command on that core, where that is possible. */
export const onCore = (core: number, command: readonly string[]): string[] =>
  canPin() ? ['taskset', '-c', String(core), ...command] : [...command];

/**
 * Starts a program on one core.
 * @param port where it will listen; undefined: it prints `{"port": N}` itself
 */
export async function startPinned(
  core: number,
  command: readonly string[],
  { port, env = {} }: { readonly port?: number; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<PinnedProgram> {
  const [program = '', ...args] = onCore(core, command);
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } });
  const ended = once(child, 'exit');
  // A bench that was interrupted does not come to its end.
  process.once('exit', () => child.kill('SIGTERM'));
  return {
    port: port ?? (await portOf(child)),
    cpuMs: () => cpuMsOf(child.pid ?? 0),
    peakBytes: () => peakBytesOf(child.pid ?? 0),
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function portOf(child: ChildProcess): Promise<number> {
  const line = once(child.stdout ?? child, 'data', { signal: AbortSignal.timeout(START_MS) });
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('a program of the bench has ended at once')));
  const [text] = (await Promise.race([line, ended])) as [Buffer];
  return (JSON.parse(text.toString('utf8')) as { port: number }).port;
}

/** utime and stime stand 12 and 13 fields behind the name, which may hold anything. */
function cpuMsOf(pid: number): number {
  const fields = (readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1] ?? '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** VmHWM, the high-water mark of the resident memory. */
function peakBytesOf(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

import { spawn } from 'node:child_process';
import { BlosmError } from '../../chaincode/src/model';
import { lastLines, shellLine } from './log-tail';

/** A program that is run to its end. */
export interface CommandOptions {
  /** Put before the program, e.g. `nsenter --net=/run/netns/NAME`. */
  readonly commandPrefix?: readonly string[];
  readonly cwd?: string;
  /** Added to this process's environment; undefined removes. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string | Uint8Array;
  /** Milliseconds after which the program is killed; 60 000 when left out. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** The command to run next when this one fails. */
  readonly nextCommand?: string;
}

/** What a program wrote and how it ended. */
export interface CommandOutcome {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const DEFAULT_TIMEOUT_MS = 60_000;

/**
 * Runs a program and returns what it wrote, whatever its exit code.
 * @throws BlosmError BLOSM_E_COMMAND_FAILED when it cannot be started, BLOSM_E_TIMEOUT, BLOSM_E_CANCELLED
 */
export async function tryCommand(command: readonly string[], options: CommandOptions = {}): Promise<CommandOutcome> {
  const words = [...(options.commandPrefix ?? []), ...command];
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const limit = AbortSignal.any([
    AbortSignal.timeout(timeoutMs),
    ...(options.signal === undefined ? [] : [options.signal]),
  ]);
  if (limit.aborted) throw stopped(words, options, timeoutMs);
  const child = spawn(words[0] ?? '', words.slice(1), {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    signal: limit,
    killSignal: 'SIGKILL',
  });
  const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  child.stdout.on('data', (chunk: Buffer) => chunks.stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.stderr.push(chunk));
  child.stdin.on('error', () => undefined); // A program may end before it has read all its input.
  child.stdin.end(options.input);
  const exitCode = await ended(child).catch((cause: unknown) => {
    throw failed(words, String(cause), options, cause);
  });
  if (hasAborted(limit) && exitCode === null) throw stopped(words, options, timeoutMs);
  const text = (parts: Buffer[]): string => Buffer.concat(parts).toString('utf8');
  return { exitCode, stdout: text(chunks.stdout), stderr: text(chunks.stderr) };
}

/**
 * Runs a program that has to succeed and returns what it wrote.
 * @throws BlosmError BLOSM_E_COMMAND_FAILED with the command, its last lines and the next command to run
 */
export async function runCommand(command: readonly string[], options: CommandOptions = {}): Promise<CommandOutcome> {
  const outcome = await tryCommand(command, options);
  if (outcome.exitCode === 0) return outcome;
  const words = [...(options.commandPrefix ?? []), ...command];
  const said = lastLines(withoutUsage(outcome.stderr.trim() || outcome.stdout.trim()), 15) || '(it wrote nothing)';
  throw failed(words, `exit code ${String(outcome.exitCode)}\n${said}`, options);
}

/** Without the page of flags that many programs print after their error message. */
function withoutUsage(text: string): string {
  const usageAt = text.search(/^Usage:/m);
  return usageAt > 0 ? text.slice(0, usageAt).trimEnd() : text;
}

/** The exit code, null when a signal ended it; rejects only when the program never ran. */
function ended(child: ReturnType<typeof spawn>): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.on('error', (failure) => {
      if (child.pid === undefined) reject(failure);
    });
    child.once('close', (exitCode) => resolve(exitCode));
  });
}

// A function of its own: the compiler does not know that the signal changes while the program runs.
function hasAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

function failed(words: readonly string[], how: string, options: CommandOptions, cause?: unknown): BlosmError {
  const facts = options.nextCommand === undefined ? {} : { hint: `Run next: ${options.nextCommand}` };
  return new BlosmError('BLOSM_E_COMMAND_FAILED', `${shellLine(words)}: ${how}`, { stage: 'command', cause, ...facts });
}

function stopped(words: readonly string[], options: CommandOptions, timeoutMs: number): BlosmError {
  return options.signal?.aborted === true
    ? new BlosmError('BLOSM_E_CANCELLED', `cancelled: ${shellLine(words)}`, { stage: 'command' })
    : new BlosmError('BLOSM_E_TIMEOUT', `killed after ${timeoutMs} ms: ${shellLine(words)}`, { stage: 'command' });
}

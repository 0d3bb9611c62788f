import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startControlServer } from '../../../agent/adapters/control';
import { run } from '../../../agent/cli/run';
import type { Log } from '../../../agent/ports/log';
import { FakeControl } from '../../fakes/control';
import { START_MS } from '../../fakes/control-records';

// On a busy machine the first load of a command's code takes seconds.
jest.setTimeout(60_000);

export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  readonly isTty?: boolean;
  readonly nowMs?: number;
  readonly signal?: AbortSignal;
  /** Called with all that either stream has got so far. */
  readonly onWrite?: (written: string) => void;
}

/** Runs a command line in this process and keeps what it wrote. */
export async function invoke(argv: readonly string[], surroundings: Surroundings = {}): Promise<Outcome> {
  const written = { stdout: '', stderr: '' };
  const output = (stream: 'stdout' | 'stderr') => ({
    write: (text: string): void => {
      written[stream] += text;
      surroundings.onWrite?.(written.stdout + written.stderr);
    },
    isTty: surroundings.isTty ?? false,
  });
  const exitCode = await run(argv, {
    stdout: output('stdout'),
    stderr: output('stderr'),
    env: surroundings.env ?? {},
    cwd: surroundings.cwd ?? '/nowhere',
    nowMs: () => surroundings.nowMs ?? START_MS + 10_000,
    signal: surroundings.signal ?? new AbortController().signal,
  });
  return { exitCode, ...written };
}

const silent = () => undefined;
const quietLog: Log = { debug: silent, info: silent, warn: silent, error: silent };

export interface AgentBench {
  readonly directory: string;
  readonly service: FakeControl;
  /** Runs a command line against this agent. */
  blosm(argv: readonly string[], surroundings?: Surroundings): Promise<Outcome>;
  /** Takes the agent away. */
  stop(): Promise<void>;
  /** Another run of the agent on the same socket, with the same service behind it. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** The real control server on a socket of its own, in front of a fake agent. */
export async function startBench(): Promise<AgentBench> {
  const directory = mkdtempSync(join(tmpdir(), 'blosm-cli-'));
  const service = new FakeControl();
  const socketPath = join(directory, 'agent.sock');
  let server = await startControlServer({ service, socketPath, log: quietLog });
  return {
    directory,
    service,
    blosm: (argv, surroundings) => invoke([...argv, '--agent', socketPath], { cwd: directory, ...surroundings }),
    stop: () => server.close(),
    restart: async () => {
      await server.close();
      server = await startControlServer({ service, socketPath, log: quietLog });
    },
    close: async () => {
      await server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

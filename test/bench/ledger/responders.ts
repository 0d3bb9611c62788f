import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { untilAborted } from '../../../agent/adapters/fabric-grpc/cancellation';

/** What a process of responders is told. */
export const ResponderOrder = z.strictObject({
  stateFolder: z.string(),
  /** Names of the clusters that it answers for. */
  clusters: z.array(z.string()).min(1),
  /** `agents` answer as an agent does, `light` ones say yes without looking. */
  kind: z.enum(['agents', 'light']),
});
export type ResponderOrder = z.infer<typeof ResponderOrder>;

/** What such a process says when it is ended. */
export const ResponderCount = z.object({
  answered: z.number(),
  /** Submits beyond the first one of each answer. */
  again: z.number(),
});
export type ResponderCount = z.infer<typeof ResponderCount>;

/** All nodes but the source, answering. */
export interface Responders {
  readonly processes: number;
  /** Rejects as soon as one of the processes fails or the signal fires; never resolves. */
  readonly failure: Promise<never>;
  stop(): Promise<ResponderCount>;
}

const READY_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 30_000;

/** Starts as many processes as there are cores and deals the clusters out to them; resolves when all listen. */
export async function startResponders(
  stateFolder: string,
  clusters: readonly string[],
  kind: ResponderOrder['kind'],
  signal: AbortSignal,
): Promise<Responders> {
  const count = Math.min(availableParallelism(), clusters.length);
  const orders = Array.from({ length: count }, (_, turn) => ({
    stateFolder,
    clusters: clusters.filter((_name, index) => index % count === turn),
    kind,
  }));
  const children = orders.map((order) =>
    fork(join(__dirname, 'responders-main.js'), [JSON.stringify(order)], { stdio: ['ignore', 2, 2, 'ipc'] }),
  );
  const failure = untilAborted(Promise.race(children.map(failureOf)), signal);
  // Looked at while it is waited for something else.
  failure.catch(() => undefined);
  try {
    await Promise.race([failure, Promise.all(children.map((child) => said(child, READY_TIMEOUT_MS)))]);
  } catch (cause) {
    for (const child of children) child.kill('SIGKILL');
    throw cause;
  }
  return { processes: count, failure, stop: async () => sum(await Promise.all(children.map(stop))) };
}

async function failureOf(child: ChildProcess): Promise<never> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  throw new Error(`the responders ended (${signal ?? `exit code ${code ?? 'none'}`})`);
}

async function said(child: ChildProcess, timeoutMs: number): Promise<unknown> {
  const [message] = (await once(child, 'message', { signal: AbortSignal.timeout(timeoutMs) })) as [unknown];
  return message;
}

async function stop(child: ChildProcess): Promise<ResponderCount> {
  if (child.exitCode !== null || child.signalCode !== null) return { answered: 0, again: 0 };
  const ended = once(child, 'exit');
  try {
    const answer = said(child, STOP_TIMEOUT_MS);
    child.send('stop');
    return ResponderCount.parse(await answer);
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

function sum(counts: readonly ResponderCount[]): ResponderCount {
  return {
    answered: counts.reduce((total, each) => total + each.answered, 0),
    again: counts.reduce((total, each) => total + each.again, 0),
  };
}

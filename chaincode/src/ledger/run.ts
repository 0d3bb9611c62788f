import type { z } from 'zod';
import {
  BlosmError,
  TRANSACTIONS,
  canonicalJson,
  type QueryName,
  type ResultOf,
  type SubmitName,
  type TransactionName,
  type ValuesOf,
} from '../model';
import { parseArguments } from './arguments';
import { callerOf } from './caller';
import type { BlosmContext } from './context';
import { Submission } from './submission';
import { transactionTimeMs } from './transaction-time';
import { WorldState } from './world-state';

/** What a function that writes does between its arguments and its result. */
export type SubmitBody<N extends SubmitName> = (tx: Submission, ...args: ValuesOf<N>) => Promise<ResultOf<N>>;

/** What a function that only reads does between its arguments and its result. */
export type QueryBody<N extends QueryName> = (state: WorldState, ...args: ValuesOf<N>) => Promise<ResultOf<N>>;

/** Parse, run, and only then write; the result as canonical JSON. */
export function submit<N extends SubmitName>(
  ctx: BlosmContext,
  name: N,
  args: readonly string[],
  body: SubmitBody<N>,
): Promise<string> {
  return withCode(async () => {
    const values = parseArguments(name, args);
    const tx = new Submission(new WorldState(ctx.stub), callerOf(ctx), transactionTimeMs(ctx));
    const result = encodeResult(name, await body(tx, ...values));
    await tx.flush((event, payload) => ctx.stub.setEvent(event, payload));
    return result;
  });
}

/** Parse and read; the result as canonical JSON. */
export function query<N extends QueryName>(
  ctx: BlosmContext,
  name: N,
  args: readonly string[],
  body: QueryBody<N>,
): Promise<string> {
  return withCode(async () => {
    const values = parseArguments(name, args);
    return encodeResult(name, await body(new WorldState(ctx.stub), ...values));
  });
}

function encodeResult(name: TransactionName, result: unknown): string {
  const schema: z.ZodType = TRANSACTIONS[name].result;
  return canonicalJson(schema.parse(result));
}

/** A peer hands on nothing of an error but its message: each carries a code. */
async function withCode<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BlosmError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    const line = message.replace(/\s+/g, ' ').slice(0, 300);
    throw new BlosmError('BLOSM_E_INTERNAL', line, { stage: 'endorse', cause: error });
  }
}

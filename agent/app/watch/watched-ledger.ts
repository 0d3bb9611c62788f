import { BlosmError } from '../../../chaincode/src/model';
import type { CallOptions } from '../../ports/call';
import type { BlockEvents, Ledger, SubmitTimes } from '../../ports/ledger';
import type { Clock } from '../../ports/clock';

/** How a call to the ledger ended. */
export interface LedgerCall {
  readonly kind: 'submit' | 'query';
  /** E.g. `MigrationContract:Propose`. */
  readonly name: string;
  readonly args: readonly unknown[];
  readonly startMs: number;
  readonly endMs: number;
  /** Null: it went well. */
  readonly failure: { readonly code: string; readonly stage: string } | null;
  /** Of a committed transaction. */
  readonly times: SubmitTimes | null;
}

export interface LedgerWatcher {
  called?(call: LedgerCall): void;
  /** A block has been worked through. */
  took?(block: BlockEvents): void;
}

/** The same ledger, whose calls and blocks the watchers are told of. */
export function watchLedger(ledger: Ledger, clock: Clock, watchers: readonly LedgerWatcher[]): Ledger {
  const watched =
    (kind: LedgerCall['kind'], work: Work): Work =>
    async (name, args, options) => {
      const startMs = clock.nowMs();
      const tell = (failure: LedgerCall['failure'], times: SubmitTimes | null): void => {
        const ended = { kind, name, args, startMs, endMs: clock.nowMs(), failure, times };
        for (const watcher of watchers) watcher.called?.(ended);
      };
      try {
        const answer = await work(name, args, options);
        tell(null, timesOf(answer));
        return answer;
      } catch (error) {
        tell(failureOf(error), null);
        throw error;
      }
    };
  return new Proxy(ledger, {
    get: (target, property) => {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      const bound: unknown = value.bind(target);
      if (property === 'submit' || property === 'query') return watched(property, bound as Work);
      if (property === 'events') {
        return (...from: Parameters<Ledger['events']>) => watchBlocks((bound as Ledger['events'])(...from), watchers);
      }
      return bound;
    },
  });
}

/** `submit` and `query` alike: which function has which arguments is of no account here. */
type Work = (name: string, args: readonly unknown[], options?: CallOptions) => Promise<unknown>;

async function* watchBlocks(
  blocks: AsyncIterable<BlockEvents>,
  watchers: readonly LedgerWatcher[],
): AsyncGenerator<BlockEvents> {
  for await (const block of blocks) {
    yield block;
    // The reader has come back for the next one.
    for (const watcher of watchers) watcher.took?.(block);
  }
}

function timesOf(answer: unknown): SubmitTimes | null {
  return typeof answer === 'object' && answer !== null && 'times' in answer ? (answer.times as SubmitTimes) : null;
}

/** The code and stage of a failure; a defect has the stage `unknown`. */
export function failureOf(error: unknown): { code: string; stage: string } {
  return error instanceof BlosmError
    ? { code: error.code, stage: error.stage }
    : { code: 'BLOSM_E_INTERNAL', stage: 'unknown' };
}

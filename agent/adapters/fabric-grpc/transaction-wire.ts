import type { BroadcastOutcome } from './broadcast';
import type { Deadline } from './cancellation';
import type { CommitWaiter } from './commit-watcher';

/** A call of the contract as it goes over the wire. */
export interface ContractCall {
  readonly name: string;
  readonly args: readonly string[];
}

/** A transaction with the endorsements that its policy needs, and its one envelope. */
export interface EndorsedTransaction {
  /** 64 hexadecimal digits. */
  readonly transactionId: string;
  /** What the contract gave back. */
  readonly result: string;
  /** Asked for before the envelope leaves, so that no commit is missed; the caller disposes of it. */
  expectCommit(): CommitWaiter;
  /**
   * Hands the envelope to an orderer: each time the very same. Never throws.
   * @param attempt from 0; with several orderers each attempt may go to another one
   */
  order(attempt: number, timeoutMs: number, signal: AbortSignal): Promise<BroadcastOutcome>;
  /** The other peers did not accept its endorsements: whoever gave them is asked last from now on. */
  doubtEndorsers(): void;
}

/** How an adapter makes transactions. When one is tried again is decided by {@link file://./submission.ts}. */
export interface TransactionWire {
  /** Makes a new transaction. @throws StageFailure, or a BlosmError that trying again cannot mend */
  endorse(call: ContractCall, deadline: Deadline): Promise<EndorsedTransaction>;
  /** The peers should be asked for again before the next transaction. */
  rediscover(): void;
}

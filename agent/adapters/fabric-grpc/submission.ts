import { BlosmError } from '../../../chaincode/src/model';
import { backoffMs } from '../../domain/backoff';
import { failureOfValidation, retryRule } from '../../domain/ledger-retry';
import type { LedgerFailure } from '../../domain/ledger-retry';
import type { SubmitTimes } from '../../ports/ledger';
import type { BroadcastOutcome } from './broadcast';
import { Deadline, untilAborted } from './cancellation';
import type { CommitStatus } from './commit-board';
import type { CommitWaiter } from './commit-watcher';
import { readTransaction } from './ledger-queries';
import { reasonOf } from './rpc-node';
import type { Session } from './session';
import { StageFailure, submitError } from './stage-failure';
import type { ContractCall, EndorsedTransaction, TransactionWire } from './transaction-wire';

/** A call and what to do with its answer. */
export interface SubmissionCall<R> extends ContractCall {
  /** Reads the contract's answer; called before anything is ordered, so that an unreadable answer stops the call. */
  readResult(text: string): R;
  /** Told of every transaction before its envelope leaves: from now on its commit may be seen. */
  onEndorsed(transactionId: string): void;
}

export interface SubmissionResult<R> {
  readonly transactionId: string;
  readonly blockNumber: number;
  readonly result: R;
  readonly times: SubmitTimes;
}

/** What goes to the orderer, and who waits for it. */
interface Outgoing {
  readonly transaction: EndorsedTransaction;
  readonly waiter: CommitWaiter;
}

/** One wait for an orderer's answer; then the same envelope goes out again. */
const BROADCAST_TIMEOUT_MS = 5_000;
/** A commit that the stream has not shown for so long is asked for, and its envelope sent again. */
const LOOK_UP_EVERY_MS = 3_000;
/** What the last question may take, beyond the deadline. */
const LAST_LOOK_UP_MS = 2_000;

/** Brings one call to its commit. The retry rules are data: `agent/domain/ledger-retry.ts`. */
export class Submission<R> {
  readonly #failures = new Map<LedgerFailure, number>();
  readonly #startedAtMs = performance.now();

  constructor(
    private readonly session: Session,
    private readonly wire: TransactionWire,
    private readonly call: SubmissionCall<R>,
    private readonly deadline: Deadline,
  ) {}

  /** @throws BlosmError as the port says */
  async run(): Promise<SubmissionResult<R>> {
    for (;;) {
      try {
        return await this.#attempt();
      } catch (error) {
        if (!(error instanceof StageFailure)) throw error;
        await this.#retryOrThrow(error);
      }
    }
  }

  async #attempt(): Promise<SubmissionResult<R>> {
    const transaction = await this.wire.endorse(this.call, this.deadline);
    const { transactionId } = transaction;
    const result = this.call.readResult(transaction.result);
    const endorsedAtMs = performance.now();
    this.call.onEndorsed(transactionId);
    const outgoing: Outgoing = { transaction, waiter: transaction.expectCommit() };
    try {
      await this.#order(outgoing);
      const orderedAtMs = performance.now();
      const { blockNumber } = await this.#commit(outgoing);
      const times = {
        endorseMs: endorsedAtMs - this.#startedAtMs,
        orderMs: orderedAtMs - endorsedAtMs,
        commitMs: performance.now() - orderedAtMs,
      };
      return { transactionId, blockNumber, result, times };
    } catch (error) {
      if (error instanceof StageFailure) {
        if (error.failure === 'policy-unmet') transaction.doubtEndorsers();
        throw error;
      }
      if (error instanceof BlosmError) throw error;
      // The envelope may have left: a defect here must not read as "nothing happened".
      throw this.#outcomeUnknown(transactionId, error);
    } finally {
      outgoing.waiter.dispose();
    }
  }

  /** Sends the envelope until an orderer takes it or the commit is seen; always the same envelope. */
  async #order(outgoing: Outgoing): Promise<void> {
    let mayBeOrdered = false;
    for (let attempt = 0; ; attempt += 1) {
      const outcome = await this.#broadcast(outgoing, attempt);
      if (outcome.kind === 'accepted' || outgoing.waiter.current() !== undefined) return;
      mayBeOrdered ||= outcome.failure === 'broadcast-unanswered';
      const failed = new StageFailure(outcome.failure, outcome.reason);
      if (await this.#pause(failed, outgoing.transaction.transactionId)) continue;
      // What may be on its way is settled by the ledger, whatever the last orderer said.
      if (mayBeOrdered) return;
      throw this.#final(failed);
    }
  }

  #broadcast({ transaction }: Outgoing, attempt: number): Promise<BroadcastOutcome> {
    const timeoutMs = Math.min(BROADCAST_TIMEOUT_MS, this.deadline.leftMs);
    return transaction.order(attempt, timeoutMs, this.deadline.signal);
  }

  async #commit(outgoing: Outgoing): Promise<CommitStatus> {
    const { transactionId } = outgoing.transaction;
    let status = await this.#awaitStatus(outgoing);
    // The stream shows the second of two equal envelopes; what counts is the first.
    if (status?.validationCode === 'DUPLICATE_TXID') status = await this.#lookUp(transactionId, LAST_LOOK_UP_MS);
    if (status === undefined) throw this.#outcomeUnknown(transactionId);
    const failure = failureOfValidation(status.validationCode);
    if (failure === null) return status;
    throw new StageFailure(
      failure,
      `transaction ${transactionId} in block ${status.blockNumber} has no effect: ${status.validationCode}`,
    );
  }

  /** Undefined: not committed by the own peer so far. */
  async #awaitStatus(outgoing: Outgoing): Promise<CommitStatus | undefined> {
    const { transaction, waiter } = outgoing;
    const { transactionId } = transaction;
    for (let attempt = 1; ; attempt += 1) {
      const pause = new Deadline({ signal: this.deadline.signal }, LOOK_UP_EVERY_MS);
      const seen = await untilAborted(waiter.status, pause.signal).catch(() => undefined);
      pause.end();
      const isLast = this.deadline.isOver;
      const lookUpMs = isLast ? LAST_LOOK_UP_MS : Math.min(LAST_LOOK_UP_MS, this.deadline.leftMs);
      const found = seen ?? waiter.current() ?? (await this.#lookUp(transactionId, lookUpMs));
      if (found !== undefined || isLast) return found;
      // An orderer that dies after it took an envelope and before it cut a block loses it.
      const { kind } = await this.#broadcast(outgoing, attempt);
      this.session.log.info({ transactionId, kind }, 'not committed yet: the same envelope was sent again');
    }
  }

  /** Undefined when the own peer does not have it, or does not answer. */
  async #lookUp(transactionId: string, timeoutMs: number): Promise<CommitStatus | undefined> {
    // Not bound to the caller's signal: the truth is wanted also when the caller has gone.
    const time = new Deadline(undefined, timeoutMs);
    try {
      return (await readTransaction(this.session, transactionId, time)) ?? undefined;
    } catch (error) {
      this.session.log.debug(
        { transactionId, reason: reasonOf(error) },
        'the own peer could not be asked for a transaction',
      );
      return undefined;
    } finally {
      time.end();
    }
  }

  /** Waits before the next attempt with a new transaction. */
  async #retryOrThrow(failed: StageFailure): Promise<void> {
    if (failed.failure === 'contract-refused') throw submitError(this.call.name, failed, '');
    if (!(await this.#pause(failed, ''))) throw this.#final(failed);
  }

  /** Waits as the rule says; false: do not try again. */
  async #pause(failed: StageFailure, transactionId: string): Promise<boolean> {
    const { session, wire } = this;
    const attempt = (this.#failures.get(failed.failure) ?? 0) + 1;
    this.#failures.set(failed.failure, attempt);
    const rule = retryRule(failed.failure, attempt);
    if (rule.rediscover) wire.rediscover();
    if (rule.action === 'give-up' || this.deadline.isOver) return false;
    const waitMs = backoffMs(rule.backoff, attempt, Math.random());
    const fields = {
      call: this.call.name,
      transactionId,
      failure: failed.failure,
      attempt,
      waitMs,
      reason: failed.message,
    };
    session.log.debug(fields, 'a submit is tried again');
    try {
      await session.clock.sleep(waitMs, this.deadline.signal);
    } catch {
      // The deadline or the caller ended the wait.
    }
    return !this.deadline.isOver;
  }

  #final(failed: StageFailure): BlosmError {
    if (this.deadline.isCancelled) {
      return new BlosmError('BLOSM_E_CANCELLED', `${this.call.name} was cancelled; nothing was ordered`, {
        cause: failed,
      });
    }
    const attempts = [...this.#failures.values()].reduce((sum, each) => sum + each, 0);
    const elapsedMs = Math.round(performance.now() - this.#startedAtMs);
    return submitError(this.call.name, failed, `${attempts} failed attempts in ${elapsedMs} ms`);
  }

  #outcomeUnknown(transactionId: string, cause?: unknown): BlosmError {
    const why = this.deadline.isCancelled
      ? 'was cancelled after it was sent'
      : `was not committed within ${this.deadline.timeoutMs} ms`;
    return new BlosmError('BLOSM_E_OUTCOME_UNKNOWN', `${this.call.name}: transaction ${transactionId} ${why}`, {
      stage: 'commit',
      cause,
    });
  }
}

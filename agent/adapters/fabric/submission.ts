import { BlosmError } from '../../../chaincode/src/model';
import { backoffMs } from '../../domain/backoff';
import { failureOfValidation, retryRule } from '../../domain/ledger-retry';
import type { LedgerFailure } from '../../domain/ledger-retry';
import type { SubmitTimes } from '../../ports/ledger';
import {
  Deadline,
  StageFailure,
  broadcastEnvelope,
  readTransaction,
  reasonOf,
  submitError,
  untilAborted,
} from '../fabric-grpc';
import type { BroadcastOutcome, CommitStatus, CommitWaiter, CommitWatcher, PeerDirectory } from '../fabric-grpc';
import { endorse } from './endorse';
import { newEnvelope } from './proposal';
import type { SdkSession } from './sdk-session';

export interface SubmissionParts {
  readonly session: SdkSession;
  readonly directory: PeerDirectory;
  readonly watcher: CommitWatcher;
}

/** A call of the contract as it goes over the wire. */
export interface WireCall<R> {
  readonly name: string;
  readonly args: readonly string[];
  /** Reads the contract's answer; called before anything is ordered, so that an unreadable answer stops the call. */
  readResult(text: string): R;
}

export interface SubmissionResult<R> {
  readonly transactionId: string;
  readonly blockNumber: number;
  readonly result: R;
  readonly times: SubmitTimes;
}

/** What goes to the orderer, and who waits for it. */
interface OutgoingEnvelope {
  readonly transactionId: string;
  readonly bytes: Uint8Array;
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
    private readonly parts: SubmissionParts,
    private readonly call: WireCall<R>,
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
    const { session, directory, watcher } = this.parts;
    await this.#streamReady();
    const endorsed = await endorse(session, directory, this.call, this.deadline);
    const result = this.call.readResult(endorsed.result);
    const bytes = await newEnvelope(endorsed.proposal, endorsed.responses);
    const { transactionId } = endorsed.proposal;
    const endorsedAtMs = performance.now();
    // Registered before the envelope leaves: a commit cannot be missed.
    const envelope: OutgoingEnvelope = { transactionId, bytes, waiter: watcher.expect(transactionId) };
    try {
      await this.#order(envelope);
      const orderedAtMs = performance.now();
      const status = await this.#commit(envelope);
      return {
        transactionId,
        blockNumber: status.blockNumber,
        result,
        times: {
          endorseMs: endorsedAtMs - this.#startedAtMs,
          orderMs: orderedAtMs - endorsedAtMs,
          commitMs: performance.now() - orderedAtMs,
        },
      };
    } catch (error) {
      if (error instanceof StageFailure) {
        this.#doubtEndorsers(error, endorsed.peers);
        throw error;
      }
      if (error instanceof BlosmError) throw error;
      // The envelope may have left: a defect here must not read as "nothing happened".
      throw this.#outcomeUnknown(transactionId, error);
    } finally {
      envelope.waiter.dispose();
    }
  }

  /** An endorsement that the other peers do not accept: whoever gave it is asked last from now on. */
  #doubtEndorsers({ failure }: StageFailure, peers: readonly string[]): void {
    if (failure !== 'policy-unmet') return;
    for (const peer of peers) this.parts.directory.doubt(peer, 'its endorsement was not accepted');
  }

  async #streamReady(): Promise<void> {
    try {
      await this.parts.watcher.waitForHeight(1, this.deadline.signal);
    } catch {
      const { name, address } = this.parts.session.ownPeer;
      throw new StageFailure('commit-stream-down', `the own peer ${name} (${address.target}) delivers no blocks`);
    }
  }

  /** Sends the envelope until an orderer takes it or the commit is seen; always the same envelope. */
  async #order(envelope: OutgoingEnvelope): Promise<void> {
    let mayBeOrdered = false;
    for (let attempt = 0; ; attempt += 1) {
      const outcome = await this.#broadcast(envelope, attempt);
      if (outcome.kind === 'accepted' || envelope.waiter.current() !== undefined) return;
      mayBeOrdered ||= outcome.failure === 'broadcast-unanswered';
      const failed = new StageFailure(outcome.failure, outcome.reason);
      if (await this.#pause(failed, envelope.transactionId)) continue;
      // What may be on its way is settled by the ledger, whatever the last orderer said.
      if (mayBeOrdered) return;
      throw this.#final(failed);
    }
  }

  async #broadcast(envelope: OutgoingEnvelope, attempt: number): Promise<BroadcastOutcome> {
    const orderers = await this.parts.directory.orderers(this.deadline.signal);
    const orderer = orderers[attempt % Math.max(1, orderers.length)];
    if (orderer === undefined) {
      return { kind: 'failed', failure: 'orderer-refused', reason: 'neither profile nor discovery names an orderer' };
    }
    const timeoutMs = Math.min(BROADCAST_TIMEOUT_MS, this.deadline.leftMs);
    return broadcastEnvelope(orderer, envelope.bytes, timeoutMs, this.deadline.signal);
  }

  async #commit(envelope: OutgoingEnvelope): Promise<CommitStatus> {
    const { transactionId } = envelope;
    let status = await this.#awaitStatus(envelope);
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
  async #awaitStatus(envelope: OutgoingEnvelope): Promise<CommitStatus | undefined> {
    const { transactionId, waiter } = envelope;
    for (let attempt = 1; ; attempt += 1) {
      const pause = new Deadline({ signal: this.deadline.signal }, LOOK_UP_EVERY_MS);
      const seen = await untilAborted(waiter.status, pause.signal).catch(() => undefined);
      pause.end();
      const isLast = this.deadline.isOver;
      const lookUpMs = isLast ? LAST_LOOK_UP_MS : Math.min(LAST_LOOK_UP_MS, this.deadline.leftMs);
      const found = seen ?? waiter.current() ?? (await this.#lookUp(transactionId, lookUpMs));
      if (found !== undefined || isLast) return found;
      // An orderer that dies after it took an envelope and before it cut a block loses it.
      const { kind } = await this.#broadcast(envelope, attempt);
      this.parts.session.log.info({ transactionId, kind }, 'not committed yet: the same envelope was sent again');
    }
  }

  /** Undefined when the own peer does not have it, or does not answer. */
  async #lookUp(transactionId: string, timeoutMs: number): Promise<CommitStatus | undefined> {
    // Not bound to the caller's signal: the truth is wanted also when the caller has gone.
    const time = new Deadline(undefined, timeoutMs);
    try {
      return (await readTransaction(this.parts.session, transactionId, time)) ?? undefined;
    } catch (error) {
      this.parts.session.log.debug(
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
    const { session, directory } = this.parts;
    const attempt = (this.#failures.get(failed.failure) ?? 0) + 1;
    this.#failures.set(failed.failure, attempt);
    const rule = retryRule(failed.failure, attempt);
    if (rule.rediscover) directory.expire();
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

import { backoffMs } from '../../domain/backoff';
import type { BackoffPolicy } from '../../domain/backoff';
import { abortableCall, reasonOf, validationName } from '../fabric-grpc';
import type { CommitStatus, CommitWaiter, Session } from '../fabric-grpc';
import type { SubmittedTransaction } from './sdk';

/** How soon a question that failed is asked again. */
const ASK_AGAIN: BackoffPolicy = { initialMs: 100, factor: 2, maxMs: 2_000 };
/** A question waits at the peer until the commit; now and then a new one, in case the connection is dead. */
const QUESTION_MS = 30_000;

/**
 * Waits for a commit by CommitStatus, which the gateway peer answers as soon as it has committed, also afterwards: the
 * question needs no place in a stream and survives whatever breaks in between.
 */
export class GatewayCommit implements CommitWaiter {
  readonly status: Promise<CommitStatus>;
  readonly #stop = new AbortController();
  #resolve: (status: CommitStatus) => void = () => undefined;
  #known: CommitStatus | undefined;
  #isAsking = false;

  constructor(private readonly session: Session) {
    this.status = new Promise((resolve) => (this.#resolve = resolve));
  }

  current(): CommitStatus | undefined {
    return this.#known;
  }

  dispose(): void {
    this.#stop.abort();
  }

  /** Begins to ask, once an orderer took the envelope; further calls change nothing. */
  ask(submitted: SubmittedTransaction): void {
    if (this.#isAsking) return;
    this.#isAsking = true;
    void this.#askUntilKnown(submitted);
  }

  async #askUntilKnown(submitted: SubmittedTransaction): Promise<void> {
    const { signal } = this.#stop;
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      try {
        const { code, blockNumber } = await submitted.getStatus(abortableCall(QUESTION_MS, signal));
        this.#known = { validationCode: validationName(code), blockNumber: Number(blockNumber) };
        this.#resolve(this.#known);
        return;
      } catch (error) {
        const fields = { transactionId: submitted.getTransactionId(), attempt, reason: reasonOf(error) };
        this.session.log.debug(fields, 'the gateway peer does not tell a commit; it is asked again');
        await this.session.clock.sleep(backoffMs(ASK_AGAIN, attempt, Math.random()), signal).catch(() => undefined);
      }
    }
  }
}

import { abortableCall } from '../fabric-grpc';
import type {
  BroadcastOutcome,
  CommitWaiter,
  ContractCall,
  Deadline,
  EndorsedTransaction,
  Session,
  TransactionWire,
} from '../fabric-grpc';
import { GatewayCommit } from './gateway-commit';
import { endorseFailure, submitFailure } from './gateway-failure';
import type { Contract, Transaction } from './sdk';

/**
 * How long the gateway peer may gather endorsements before a new transaction is tried. It waits 30 s for a peer that
 * hangs; asked anew, it may well choose another one. A chaincode call takes some 10 ms.
 */
const ENDORSE_TIMEOUT_MS = 5_000;

/** Transactions whose endorsements the own peer gathers and which it hands to the orderer. */
export class GatewayWire implements TransactionWire {
  constructor(
    private readonly session: Session,
    private readonly contract: Contract,
  ) {}

  async endorse(call: ContractCall, deadline: Deadline): Promise<EndorsedTransaction> {
    const proposal = this.contract.newProposal(call.name, { arguments: [...call.args] });
    const timeoutMs = Math.min(ENDORSE_TIMEOUT_MS, deadline.leftMs);
    try {
      const transaction = await proposal.endorse(abortableCall(timeoutMs, deadline.signal));
      return new GatewayTransaction(this.session, transaction);
    } catch (error) {
      throw endorseFailure(this.session, error);
    }
  }

  rediscover(): void {
    // The gateway peer discovers by itself.
  }
}

class GatewayTransaction implements EndorsedTransaction {
  readonly #commit: GatewayCommit;

  constructor(
    private readonly session: Session,
    private readonly transaction: Transaction,
  ) {
    this.#commit = new GatewayCommit(session);
  }

  get transactionId(): string {
    return this.transaction.getTransactionId();
  }

  get result(): string {
    return Buffer.from(this.transaction.getResult()).toString('utf8');
  }

  expectCommit(): CommitWaiter {
    return this.#commit;
  }

  async order(_attempt: number, timeoutMs: number, signal: AbortSignal): Promise<BroadcastOutcome> {
    try {
      // Signed once: every further attempt sends the very same envelope.
      this.#commit.ask(await this.transaction.submit(abortableCall(timeoutMs, signal)));
      return { kind: 'accepted' };
    } catch (error) {
      return submitFailure(this.session, error);
    }
  }

  doubtEndorsers(): void {
    // Whom the gateway peer asks is its own choice.
  }
}

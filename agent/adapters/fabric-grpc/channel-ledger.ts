import { BlosmError, TRANSACTIONS, encodeArgs } from '../../../chaincode/src/model';
import type { ArgsOf, QueryName, ResultOf, SubmitName, TransactionName } from '../../../chaincode/src/model';
import type { ChainBlock } from '../../domain/chain-facts';
import type { CommitSighting } from '../../domain/quorum';
import type { CallOptions } from '../../ports/call';
import type {
  BlockEvents,
  Committed,
  EventCheckpoint,
  Ledger,
  LedgerBlock,
  LedgerTip,
  LedgerTransaction,
  TransactionStatus,
} from '../../ports/ledger';
import { peerChain } from './blocks/peer-blocks';
import { readLedgerBlock } from './blocks/block-reader';
import { Deadline } from './cancellation';
import { followEvents } from './event-stream';
import { newestOrderedBlock } from './fresh-view';
import { readGenesisSha256, readTip, readTransaction, statusOf } from './ledger-queries';
import type { OpenChannel } from './open-channel';
import { reasonOf } from './rpc-node';
import { Submission } from './submission';
import { describeTransaction } from './transaction-reader';
import type { ContractCall, TransactionWire } from './transaction-wire';

const SUBMIT_TIMEOUT_MS = 30_000;
const QUERY_TIMEOUT_MS = 5_000;
const FRESH_VIEW_TIMEOUT_MS = 30_000;

/** What a connection to a channel is made of. */
export interface ChannelParts extends OpenChannel {
  /** Makes transactions; the one thing that an SDK is for. */
  readonly wire: TransactionWire;
  /** Evaluates a call on the own organisation's ledger. @returns the bytes of the contract's answer */
  evaluate(call: ContractCall, deadline: Deadline): Promise<Uint8Array>;
  /** Closes what the parts stand on. */
  release(): void;
}

/** The channel through one organisation's peer, whichever SDK makes the transactions. See the port. */
export class ChannelLedger implements Ledger {
  #isClosed = false;

  constructor(private readonly parts: ChannelParts) {}

  get nodeId(): string {
    return this.parts.session.mspId;
  }

  submit<N extends SubmitName>(name: N, args: ArgsOf<N>, options?: CallOptions): Promise<Committed<ResultOf<N>>> {
    const { session, wire, watcher } = this.parts;
    const call = {
      name,
      args: encodeArgs(args),
      readResult: (text: string) => readResult(name, text),
      onEndorsed: (transactionId: string) => watcher.board.track(transactionId),
    };
    return this.#within(name, options, SUBMIT_TIMEOUT_MS, (deadline) =>
      new Submission(session, wire, call, deadline).run(),
    );
  }

  query<N extends QueryName>(name: N, args: ArgsOf<N>, options?: CallOptions): Promise<ResultOf<N>> {
    return this.#level(name, options, async (deadline) => {
      const bytes = await this.parts.evaluate({ name, args: encodeArgs(args) }, deadline);
      return readResult(name, Buffer.from(bytes).toString('utf8'));
    });
  }

  settle(transactionId: string, options?: CallOptions): Promise<TransactionStatus> {
    return this.#level('settle', options, async (deadline) =>
      statusOf(await readTransaction(this.parts.session, transactionId, deadline)),
    );
  }

  commits(transactionId: string, options?: CallOptions): Promise<readonly CommitSighting[]> {
    return this.#within('commits', options, QUERY_TIMEOUT_MS, (deadline) =>
      this.parts.peerCommits.of(transactionId, deadline),
    );
  }

  watchCommits(listener: (transactionId: string) => void, signal: AbortSignal): void {
    this.parts.peerCommits.watch(listener, signal);
  }

  events(from: EventCheckpoint | null, signal: AbortSignal): AsyncIterable<BlockEvents> {
    return followEvents(this.parts.session, from, signal);
  }

  tip(options?: CallOptions): Promise<LedgerTip> {
    return this.#within('tip', options, QUERY_TIMEOUT_MS, (deadline) => this.#tip(deadline));
  }

  transaction(transactionId: string, options?: CallOptions): Promise<LedgerTransaction> {
    return this.#within('transaction', options, QUERY_TIMEOUT_MS, async (deadline) => {
      const stored = await readTransaction(this.parts.session, transactionId, deadline);
      if (stored !== null) return describeTransaction(transactionId, stored);
      throw new BlosmError('BLOSM_E_NOT_FOUND', `the own peer has no transaction ${transactionId}`, { stage: 'query' });
    });
  }

  block(blockNumber: number, options?: CallOptions): Promise<LedgerBlock> {
    return this.#within(`block ${blockNumber}`, options, QUERY_TIMEOUT_MS, ({ signal }) =>
      readLedgerBlock(this.parts.session, blockNumber, signal),
    );
  }

  blocks(first: number, last: number | null, signal: AbortSignal): AsyncIterable<ChainBlock> {
    return peerChain(this.parts.session, first, last, signal);
  }

  freshView(options?: CallOptions): Promise<LedgerTip> {
    return this.#within('fresh view', options, FRESH_VIEW_TIMEOUT_MS, async (deadline) => {
      const newest = await newestOrderedBlock(this.parts.session, this.parts.directory, deadline);
      await this.parts.watcher.waitForHeight(newest + 1, deadline.signal);
      await this.parts.watcher.requireLevel(deadline);
      return this.#tip(deadline);
    });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.parts.peerCommits.close();
    await this.parts.watcher.close();
    this.parts.directory.close();
    this.parts.release();
  }

  async #tip(deadline: Deadline): Promise<LedgerTip> {
    const { session } = this.parts;
    // Asked each time: the network may have been set up anew behind the same addresses.
    return readTip(session, await readGenesisSha256(session, deadline), deadline);
  }

  /** A question to the own peer whose answer, of whatever kind, counts only when the peer has not gone back. */
  #level<T>(what: string, options: CallOptions | undefined, ask: (deadline: Deadline) => Promise<T>): Promise<T> {
    return this.#within(what, options, QUERY_TIMEOUT_MS, (deadline) =>
      ask(deadline).finally(() => this.parts.watcher.requireLevel(deadline)),
    );
  }

  /** Gives a call its deadline and turns everything that it throws into a BlosmError. */
  async #within<T>(
    what: string,
    options: CallOptions | undefined,
    defaultTimeoutMs: number,
    run: (deadline: Deadline) => Promise<T>,
  ): Promise<T> {
    if (this.#isClosed) throw new BlosmError('BLOSM_E_CANCELLED', `${what}: the connection to the ledger is closed`);
    const deadline = new Deadline(options, defaultTimeoutMs);
    try {
      return await run(deadline);
    } catch (error) {
      throw callError(what, error, deadline);
    } finally {
      deadline.end();
    }
  }
}

function callError(what: string, cause: unknown, deadline: Deadline): BlosmError {
  const isSettled = cause instanceof BlosmError && cause.code !== 'BLOSM_E_CANCELLED';
  // What may already be ordered stays unknown even when the caller has gone.
  if (isSettled && (cause.code === 'BLOSM_E_OUTCOME_UNKNOWN' || !deadline.isOver)) return cause;
  if (deadline.isCancelled) return new BlosmError('BLOSM_E_CANCELLED', `${what} was cancelled`, { cause });
  if (isSettled) return cause;
  if (deadline.isOver) {
    return new BlosmError('BLOSM_E_TIMEOUT', `${what} took longer than ${deadline.timeoutMs} ms`, {
      stage: 'ledger',
      cause,
    });
  }
  return new BlosmError('BLOSM_E_LEDGER_UNREACHABLE', `${what}: ${reasonOf(cause)}`, { stage: 'ledger', cause });
}

function readResult<N extends TransactionName>(name: N, text: string): ResultOf<N> {
  try {
    return TRANSACTIONS[name].result.parse(JSON.parse(text)) as ResultOf<N>;
  } catch (cause) {
    const message = `${name} answered what this version cannot read: ${reasonOf(cause)}`;
    throw new BlosmError('BLOSM_E_CORRUPT_RECORD', message, { stage: 'endorse', cause });
  }
}

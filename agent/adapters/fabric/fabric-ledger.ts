import { BlosmError, TRANSACTIONS, encodeArgs } from '../../../chaincode/src/model';
import type { ArgsOf, QueryName, ResultOf, SubmitName, TransactionName } from '../../../chaincode/src/model';
import type { ChainBlock } from '../../domain/chain-facts';
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
import {
  Deadline,
  describeTransaction,
  followEvents,
  newestOrderedBlock,
  peerChain,
  queryOwnPeer,
  readGenesisSha256,
  readLedgerBlock,
  readTip,
  readTransaction,
  reasonOf,
  statusOf,
} from '../fabric-grpc';
import type { CommitWatcher, PeerDirectory } from '../fabric-grpc';
import type { SdkSession } from './sdk-session';
import { Submission } from './submission';

const SUBMIT_TIMEOUT_MS = 30_000;
const QUERY_TIMEOUT_MS = 5_000;
const FRESH_VIEW_TIMEOUT_MS = 30_000;

/** The channel through one organisation's peer. See the port for what each call does. */
export class FabricLedger implements Ledger {
  #genesisSha256: string | null = null;
  #isClosed = false;

  constructor(
    private readonly session: SdkSession,
    private readonly directory: PeerDirectory,
    private readonly watcher: CommitWatcher,
    private readonly release: () => void,
  ) {}

  get nodeId(): string {
    return this.session.mspId;
  }

  submit<N extends SubmitName>(name: N, args: ArgsOf<N>, options?: CallOptions): Promise<Committed<ResultOf<N>>> {
    const { session, directory, watcher } = this;
    const call = { name, args: encodeArgs(args), readResult: (text: string) => readResult(name, text) };
    return this.#within(name, options, SUBMIT_TIMEOUT_MS, (deadline) =>
      new Submission({ session, directory, watcher }, call, deadline).run(),
    );
  }

  query<N extends QueryName>(name: N, args: ArgsOf<N>, options?: CallOptions): Promise<ResultOf<N>> {
    return this.#within(name, options, QUERY_TIMEOUT_MS, async (deadline) => {
      const { leftMs, signal } = deadline;
      const { chaincode } = this.session;
      const query = { chaincode, name, args: encodeArgs(args), timeoutMs: leftMs, signal };
      const bytes = await queryOwnPeer(this.session, query);
      return readResult(name, bytes.toString('utf8'));
    });
  }

  settle(transactionId: string, options?: CallOptions): Promise<TransactionStatus> {
    return this.#within('settle', options, QUERY_TIMEOUT_MS, async (deadline) =>
      statusOf(await readTransaction(this.session, transactionId, deadline)),
    );
  }

  events(from: EventCheckpoint | null, signal: AbortSignal): AsyncIterable<BlockEvents> {
    return followEvents(this.session, from, signal);
  }

  tip(options?: CallOptions): Promise<LedgerTip> {
    return this.#within('tip', options, QUERY_TIMEOUT_MS, (deadline) => this.#tip(deadline));
  }

  transaction(transactionId: string, options?: CallOptions): Promise<LedgerTransaction> {
    return this.#within('transaction', options, QUERY_TIMEOUT_MS, async (deadline) => {
      const stored = await readTransaction(this.session, transactionId, deadline);
      if (stored !== null) return describeTransaction(transactionId, stored);
      throw new BlosmError('BLOSM_E_NOT_FOUND', `the own peer has no transaction ${transactionId}`, { stage: 'query' });
    });
  }

  block(blockNumber: number, options?: CallOptions): Promise<LedgerBlock> {
    return this.#within(`block ${blockNumber}`, options, QUERY_TIMEOUT_MS, ({ signal }) =>
      readLedgerBlock(this.session, blockNumber, signal),
    );
  }

  blocks(first: number, last: number | null, signal: AbortSignal): AsyncIterable<ChainBlock> {
    return peerChain(this.session, first, last, signal);
  }

  freshView(options?: CallOptions): Promise<LedgerTip> {
    return this.#within('fresh view', options, FRESH_VIEW_TIMEOUT_MS, async (deadline) => {
      const newest = await newestOrderedBlock(this.session, this.directory, deadline);
      await this.watcher.waitForHeight(newest + 1, deadline.signal);
      return this.#tip(deadline);
    });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.watcher.close();
    this.directory.close();
    this.release();
  }

  async #tip(deadline: Deadline): Promise<LedgerTip> {
    this.#genesisSha256 ??= await readGenesisSha256(this.session, deadline);
    return readTip(this.session, this.#genesisSha256, deadline);
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

import { BlosmError } from '../../../chaincode/src/model';
import type { ArgsOf, QueryName, ResultOf, SubmitName } from '../../../chaincode/src/model';
import type { ChainBlock } from '../../domain/chain-facts';
import { joinSignals } from '../../domain/join-signals';
import type { CommitSighting } from '../../domain/quorum';
import type { CallOptions } from '../../ports/call';
import type { Clock } from '../../ports/clock';
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

/** How soon the tip is asked for again, in milliseconds. */
const ASK_AGAIN_MS = 500;

/** One connection, with the calls that run on it. */
class Connection {
  readonly replaced = new AbortController();
  #running = 0;
  #onIdle: () => void = () => undefined;

  constructor(readonly ledger: Ledger) {}

  async use<T>(call: (ledger: Ledger) => Promise<T>): Promise<T> {
    this.#running += 1;
    try {
      return await call(this.ledger);
    } finally {
      this.#running -= 1;
      if (this.#running === 0) this.#onIdle();
    }
  }

  /** Ends its streams now, and the connection once the last call on it has ended. */
  async drain(): Promise<void> {
    this.replaced.abort();
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    await this.ledger.close();
  }

  /** Ends the connection with what runs on it. */
  async close(): Promise<void> {
    this.replaced.abort();
    await this.ledger.close();
  }
}

/**
 * A ledger whose connection can be replaced while it is in use: calls that run end on the connection on which they
 * began, new ones take the new one, and streams of events and of blocks go on there where they were.
 */
export class ReloadingLedger implements Ledger {
  #current: Connection;
  readonly #draining = new Set<Connection>();
  readonly #commitListeners = new Map<(transactionId: string) => void, AbortSignal>();
  #isClosed = false;

  constructor(
    first: Ledger,
    private readonly clock: Clock,
  ) {
    this.#current = new Connection(first);
  }

  /** From now on the connection is this one; the one before drains and closes. */
  replace(next: Ledger): void {
    if (this.#isClosed) {
      void next.close();
      return;
    }
    const before = this.#current;
    this.#current = new Connection(next);
    for (const [listener, signal] of this.#commitListeners) this.#listenForCommits(listener, signal);
    this.#draining.add(before);
    void before.drain().finally(() => this.#draining.delete(before));
  }

  get nodeId(): string {
    return this.#current.ledger.nodeId;
  }

  submit<N extends SubmitName>(name: N, args: ArgsOf<N>, options?: CallOptions): Promise<Committed<ResultOf<N>>> {
    return this.#current.use((ledger) => ledger.submit(name, args, options));
  }

  query<N extends QueryName>(name: N, args: ArgsOf<N>, options?: CallOptions): Promise<ResultOf<N>> {
    return this.#current.use((ledger) => ledger.query(name, args, options));
  }

  settle(transactionId: string, options?: CallOptions): Promise<TransactionStatus> {
    return this.#current.use((ledger) => ledger.settle(transactionId, options));
  }

  commits(transactionId: string, options?: CallOptions): Promise<readonly CommitSighting[]> {
    return this.#current.use((ledger) => ledger.commits(transactionId, options));
  }

  watchCommits(listener: (transactionId: string) => void, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#commitListeners.set(listener, signal);
    signal.addEventListener('abort', () => this.#commitListeners.delete(listener), { once: true });
    this.#listenForCommits(listener, signal);
  }

  tip(options?: CallOptions): Promise<LedgerTip> {
    return this.#current.use((ledger) => ledger.tip(options));
  }

  transaction(transactionId: string, options?: CallOptions): Promise<LedgerTransaction> {
    return this.#current.use((ledger) => ledger.transaction(transactionId, options));
  }

  block(blockNumber: number, options?: CallOptions): Promise<LedgerBlock> {
    return this.#current.use((ledger) => ledger.block(blockNumber, options));
  }

  async *blocks(first: number, last: number | null, signal: AbortSignal): AsyncGenerator<ChainBlock> {
    let next = first;
    for (;;) {
      const connection = this.#current;
      for await (const block of this.#blocksOf(connection, next, last, signal)) {
        yield block;
        next = block.number + 1;
      }
      if (!connection.replaced.signal.aborted || (last !== null && next > last)) return;
      if (this.#isClosed) throw new BlosmError('BLOSM_E_CANCELLED', 'blocks: the connection to the ledger is closed');
    }
  }

  freshView(options?: CallOptions): Promise<LedgerTip> {
    return this.#current.use((ledger) => ledger.freshView(options));
  }

  async *events(from: EventCheckpoint | null, signal: AbortSignal): AsyncGenerator<BlockEvents> {
    // Without a position of its own a stream that has shown nothing yet could not go on elsewhere.
    let position = from ?? (await this.#end(signal));
    while (!signal.aborted && position !== null && !this.#isClosed) {
      const { ledger, replaced } = this.#current;
      const either = joinSignals(signal, replaced.signal);
      try {
        for await (const block of ledger.events(position, either.signal)) {
          yield block;
          position = { genesisSha256: block.genesisSha256, nextBlock: block.blockNumber + 1 };
          if (replaced.signal.aborted) break;
        }
      } finally {
        either.release();
      }
      // It ends only by a signal; whoever ends it otherwise is not asked again and again.
      if (!replaced.signal.aborted) return;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#current, ...this.#draining].map((connection) => connection.close()));
  }

  /** A connection's blocks until it is replaced; that it breaks off then is no failure. */
  async *#blocksOf(
    { ledger, replaced }: Connection,
    first: number,
    last: number | null,
    signal: AbortSignal,
  ): AsyncGenerator<ChainBlock> {
    const either = joinSignals(signal, replaced.signal);
    try {
      for await (const block of ledger.blocks(first, last, either.signal)) {
        yield block;
        if (replaced.signal.aborted) return;
      }
    } catch (error) {
      if (!replaced.signal.aborted || signal.aborted || this.#isClosed) throw error;
    } finally {
      either.release();
    }
  }

  #listenForCommits(listener: (transactionId: string) => void, signal: AbortSignal): void {
    const { ledger, replaced } = this.#current;
    ledger.watchCommits(listener, joinSignals(signal, replaced.signal).signal);
  }

  /** The end of the chain as it is now; null when the signal fired first. */
  async #end(signal: AbortSignal): Promise<EventCheckpoint | null> {
    while (!signal.aborted && !this.#isClosed) {
      try {
        const { genesisSha256, height } = await this.tip({ signal });
        return { genesisSha256, nextBlock: height };
      } catch {
        // The own peer is down: the stream would wait for it as well.
        await this.clock.sleep(ASK_AGAIN_MS, signal).catch(() => undefined);
      }
    }
    return null;
  }
}

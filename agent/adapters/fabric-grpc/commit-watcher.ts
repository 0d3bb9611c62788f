import { BlosmError } from '../../../chaincode/src/model';
import { Deadline, untilAborted } from './cancellation';
import { CommitBoard } from './commit-board';
import type { CommitStatus, Witness } from './commit-board';
import { DELIVER_FILTERED, followBlocks } from './deliver';
import type { StartBlock } from './deliver';
import { readFilteredBlock } from './filtered-blocks';
import type { FilteredBlock } from './filtered-blocks';
import { readGenesisSha256, readHeight } from './ledger-queries';
import { isDenied } from './peer-answer';
import { reasonOf } from './rpc-node';
import type { Session } from './session';

interface HeightWait {
  readonly height: number;
  readonly resolve: () => void;
  readonly reject: (denial: BlosmError) => void;
}

/** Waits for one transaction. */
export interface CommitWaiter {
  readonly status: Promise<CommitStatus>;
  /** What is known now. */
  current(): CommitStatus | undefined;
  dispose(): void;
}

/**
 * Turned away so often in a row, within about two seconds, this identity has nothing to wait for. A peer that has just
 * joined turns its own organisation away until it has read of it.
 */
const DENIALS = 5;

/** The question for the channel's first block, before a stream is opened. */
const QUESTION_TIMEOUT_MS = 5_000;

/**
 * Tells when the own peer has committed a transaction, from one long-lived stream of filtered blocks. Its waiters are
 * registered before the envelope leaves, and a stream that broke goes on where it was: nothing is missed. The SDK's own
 * handlers wait for dead peers and lose streams for good.
 */
export class CommitWatcher {
  readonly #waiting = new Map<string, (status: CommitStatus) => void>();
  readonly #heightWaits = new Set<HeightWait>();
  readonly #closed = new AbortController();
  readonly #ended: Promise<void>;
  #height = 0;
  #denials = 0;
  #denial: BlosmError | null = null;
  /** How often the stream broke: whoever answers after that may have lost its ledger. */
  #breaks = 0;
  /** So many breaks ago the own peer was seen to have all that it had shown. */
  #levelSinceBreak = 0;
  #genesisSha256: string | null = null;
  #onReset: () => void = () => undefined;
  /** What all peers say of the transactions that are waited for. */
  readonly board: CommitBoard;
  readonly #own: Witness;

  constructor(private readonly session: Session) {
    this.board = new CommitBoard(session.clock);
    this.#own = { nodeId: session.mspId, name: session.ownPeer.name };
    this.#ended = this.#run();
  }

  /** Number of blocks that the own peer is known to have; 0 before the first was delivered. */
  get height(): number {
    return this.#height;
  }

  /** Calls back when the own peer has come up on another network: with another first block. */
  onReset(listener: () => void): void {
    this.#onReset = listener;
  }

  /**
   * Resolves once the own peer has so many blocks. 1 means: the stream has a position, so that no block will be missed.
   * @throws BlosmError BLOSM_E_FORBIDDEN as long as the own peer turns this identity away; BLOSM_E_CANCELLED
   */
  async waitForHeight(height: number, signal: AbortSignal): Promise<void> {
    if (this.#height >= height) return;
    if (this.#denial !== null) throw this.#denial;
    let wait: HeightWait | undefined;
    const reached = new Promise<void>((resolve, reject) => {
      wait = { height, resolve, reject };
      this.#heightWaits.add(wait);
    });
    try {
      await untilAborted(reached, signal);
    } finally {
      if (wait !== undefined) this.#heightWaits.delete(wait);
    }
  }

  /**
   * The own peer never goes back: one that has lost its disk and takes its blocks in again would show an old ledger.
   * Costs a question only after the stream broke.
   * @throws BlosmError BLOSM_E_LEDGER_UNREACHABLE while it has fewer blocks than it had shown
   */
  async requireLevel(deadline: Deadline): Promise<void> {
    const breaks = this.#breaks;
    if (breaks === this.#levelSinceBreak || deadline.isOver) return;
    const genesisSha256 = await readGenesisSha256(this.session, deadline);
    // Another network begins anew.
    if (genesisSha256 === this.#genesisSha256) {
      const height = await readHeight(this.session, deadline);
      if (height < this.#height) throw behind(height, this.#height);
    }
    this.#levelSinceBreak = breaks;
  }

  expect(transactionId: string): CommitWaiter {
    let known: CommitStatus | undefined;
    const status = new Promise<CommitStatus>((resolve) => {
      this.#waiting.set(transactionId, (found) => {
        known = found;
        resolve(found);
      });
    });
    return { status, current: () => known, dispose: () => this.#waiting.delete(transactionId) };
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#ended;
  }

  async #run(): Promise<void> {
    const blocks = followBlocks<FilteredBlock>(this.session, {
      service: DELIVER_FILTERED,
      read: readFilteredBlock,
      numberOf: (block) => block.number,
      startAt: (next) => this.#startAt(next),
      onBroken: (error) => this.#broken(error),
      signal: this.#closed.signal,
    });
    for await (const block of blocks) this.#see(block);
  }

  /** A position counts only on the network on which it was reached. */
  async #startAt(next: number | null): Promise<StartBlock> {
    const deadline = new Deadline({ signal: this.#closed.signal }, QUESTION_TIMEOUT_MS);
    const genesisSha256 = await readGenesisSha256(this.session, deadline).finally(() => deadline.end());
    const known = this.#genesisSha256;
    this.#genesisSha256 = genesisSha256;
    if (known === null || known === genesisSha256) return next ?? 'newest';
    this.session.log.warn({ expected: known, found: genesisSha256 }, 'the own peer is on another network now');
    this.#height = 0;
    this.board.clear();
    this.#onReset();
    return 'newest';
  }

  #broken(error: unknown): void {
    this.#breaks += 1;
    this.#denials = isDenied(reasonOf(error)) ? this.#denials + 1 : 0;
    this.#denial = null;
    if (this.#denials < DENIALS) return;
    const denial = new BlosmError('BLOSM_E_FORBIDDEN', `no blocks of the own peer: ${reasonOf(error)}`, {
      stage: 'endorse',
      cause: error,
    });
    this.#denial = denial;
    for (const wait of this.#heightWaits) wait.reject(denial);
  }

  #see(block: FilteredBlock): void {
    this.#denials = 0;
    this.#denial = null;
    this.#height = block.number + 1;
    for (const [transactionId, validationCode] of block.codes) {
      this.board.see(this.#own, transactionId, { validationCode, blockNumber: block.number });
      this.#waiting.get(transactionId)?.({ validationCode, blockNumber: block.number });
    }
    for (const wait of this.#heightWaits) if (wait.height <= this.#height) wait.resolve();
  }
}

const behind = (height: number, shown: number): BlosmError =>
  new BlosmError('BLOSM_E_LEDGER_UNREACHABLE', `the own peer has ${height} of the ${shown} blocks that it had shown`, {
    stage: 'query',
    hint: 'It takes them in again: what is read from it counts once it has them all.',
  });

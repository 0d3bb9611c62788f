import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { Clock } from '../../agent/ports/clock';
import { endorse, type Endorsement } from './chaincode';
import { WorldStateStore, type FakeProposal } from './world-state';

/** What goes to the orderer: a proposal and what the endorsers agreed on. */
export interface Envelope {
  readonly proposal: FakeProposal;
  readonly endorsement: Endorsement;
  readonly endorserMspIds: readonly string[];
  /** A fault: validation says MVCC_READ_CONFLICT whatever the versions. */
  readonly forcedConflict?: boolean;
}

export interface Block {
  readonly number: number;
  readonly hash: string;
  readonly envelopes: readonly Envelope[];
}

export type ValidationCode = 'VALID' | 'MVCC_READ_CONFLICT' | 'PHANTOM_READ_CONFLICT' | 'DUPLICATE_TXID';

export interface CommittedTransaction {
  readonly envelope: Envelope;
  readonly blockNumber: number;
  readonly validationCode: ValidationCode;
}

export interface CommittedBlock {
  readonly number: number;
  readonly hash: string;
  readonly transactions: readonly CommittedTransaction[];
}

/** The block that follows: its hash covers all before it. */
export function nextBlock(previous: { number: number; hash: string }, envelopes: readonly Envelope[]): Block {
  const number = previous.number + 1;
  const ids = envelopes.map(({ proposal }) => proposal.txId);
  return { number, hash: sha256([previous.hash, String(number), ...ids].join(' ')), envelopes };
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** One organisation's peer with its own chaincode process, its own copy of the ledger and its own clock. */
export class FakePeer {
  /** How far the endorser's clock is off, in milliseconds. */
  clockOffsetMs = 0;
  /** How long a block takes to get here, in milliseconds. */
  lagMs = 0;
  readonly store = new WorldStateStore();
  readonly blocks: CommittedBlock[];
  private readonly byTxId = new Map<string, CommittedTransaction>();
  private readonly waiting: Block[] = [];
  private readonly commits = new EventEmitter().setMaxListeners(0);
  private stalled = false;
  private stopped = false;

  constructor(
    readonly mspId: string,
    genesisHash: string,
    private readonly clock: Clock,
  ) {
    this.blocks = [{ number: 0, hash: genesisHash, transactions: [] }];
  }

  /** Number of blocks. */
  get height(): number {
    return this.blocks.length;
  }

  /** A peer that is down answers nobody and commits nothing. */
  get down(): boolean {
    return this.stopped;
  }

  stop(): void {
    this.stopped = true;
  }

  /** Up again: it commits what it has missed. */
  start(): void {
    this.stopped = false;
    this.drain();
    this.commits.emit('commit');
  }

  /** Blocks arrive but are not committed: the peer endorses on old state. */
  stall(): void {
    this.stalled = true;
  }

  /** Commits what has arrived meanwhile. */
  resume(): void {
    this.stalled = false;
    this.drain();
  }

  /** Begins with the first block again; takes the others in when it is resumed. */
  loseDisk(): void {
    this.stall();
    const lost = this.blocks.splice(1);
    const envelopesOf = ({ transactions }: CommittedBlock) => transactions.map(({ envelope }) => envelope);
    this.waiting.unshift(...lost.map((block) => ({ ...block, envelopes: envelopesOf(block) })));
    this.byTxId.clear();
    this.store.clear();
  }

  endorse(proposal: FakeProposal): Promise<Endorsement> {
    return endorse(this.store, proposal, () => this.clock.nowMs() + this.clockOffsetMs);
  }

  /** The first of its id: a second one is DUPLICATE_TXID and changes nothing. */
  find(txId: string): CommittedTransaction | undefined {
    return this.byTxId.get(txId);
  }

  receive(block: Block): void {
    this.waiting.push(block);
    if (this.lagMs === 0) this.drain();
    else void this.clock.sleep(this.lagMs).then(() => this.drain());
  }

  onCommit(listener: () => void): () => void {
    this.commits.on('commit', listener);
    return () => void this.commits.off('commit', listener);
  }

  private drain(): void {
    while (!this.stalled && !this.down) {
      const block = this.waiting.shift();
      if (block === undefined) return;
      this.commit(block);
    }
  }

  private commit(block: Block): void {
    const transactions = block.envelopes.map((envelope, place) => this.validate(envelope, block.number, place));
    this.blocks.push({ number: block.number, hash: block.hash, transactions });
    this.commits.emit('commit');
  }

  private validate(envelope: Envelope, blockNumber: number, place: number): CommittedTransaction {
    const { proposal, endorsement } = envelope;
    const validationCode = this.codeOf(envelope);
    const transaction = { envelope, blockNumber, validationCode };
    if (validationCode !== 'DUPLICATE_TXID') this.byTxId.set(proposal.txId, transaction);
    if (validationCode === 'VALID') {
      this.store.apply(endorsement.set.writes, `${blockNumber}.${place}`, proposal.txId, proposal.timestampMs);
    }
    return transaction;
  }

  private codeOf({ proposal, endorsement, forcedConflict }: Envelope): ValidationCode {
    if (this.byTxId.has(proposal.txId)) return 'DUPLICATE_TXID';
    return forcedConflict === true ? 'MVCC_READ_CONFLICT' : this.store.validate(endorsement.set);
  }
}

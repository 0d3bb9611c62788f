import type { ArgsOf, EventPayload, QueryName, ResultOf, SubmitName } from '../../chaincode/src/model';
import type { CommitSighting } from '../domain/quorum';
import type { CallOptions } from './call';
import type { ChainSource } from './chain';

/** Milliseconds that a committed transaction spent in each stage. */
export interface SubmitTimes {
  readonly endorseMs: number;
  /** From the orderer's acceptance asked for until it answered. */
  readonly orderMs: number;
  /** From the orderer's answer until the own peer committed. */
  readonly commitMs: number;
}

/** A transaction that the own peer committed as valid. */
export interface Committed<R> {
  readonly transactionId: string;
  readonly blockNumber: number;
  readonly result: R;
  readonly times: SubmitTimes;
}

export interface LedgerEvent {
  readonly transactionId: string;
  readonly payload: EventPayload;
}

/** The valid events of one block, in the block's order. */
export interface BlockEvents {
  /** The network that the block belongs to: SHA-256 of its genesis block's header, hexadecimal. */
  readonly genesisSha256: string;
  readonly blockNumber: number;
  readonly events: readonly LedgerEvent[];
}

/** Where to read events on: bound to the network by the hash of its first block. */
export interface EventCheckpoint {
  /** SHA-256 of the channel's genesis block header, hexadecimal. */
  readonly genesisSha256: string;
  /** The first block that has not been worked through. */
  readonly nextBlock: number;
}

export type TransactionStatus =
  | { readonly status: 'valid'; readonly blockNumber: number }
  | { readonly status: 'invalid'; readonly validationCode: string; readonly blockNumber: number }
  | { readonly status: 'absent' };

/** The newest block as the own peer has it. */
export interface LedgerTip {
  /** Number of blocks; the newest block's number is one less. */
  readonly height: number;
  /** Hash of the newest block's header, hexadecimal. */
  readonly currentBlockHash: string;
  readonly genesisSha256: string;
}

/** A decoded transaction for people. */
export interface LedgerTransaction {
  readonly transactionId: string;
  readonly blockNumber: number;
  readonly validationCode: string;
  readonly timestampMs: number;
  readonly creatorMspId: string;
  /** E.g. `MigrationContract:Propose`; empty for what is not a chaincode call. */
  readonly functionName: string;
  readonly args: readonly string[];
  readonly endorserMspIds: readonly string[];
  readonly sizeBytes: number;
}

/** A decoded block for people. Hashes are hexadecimal SHA-256. */
export interface LedgerBlock {
  readonly number: number;
  readonly headerSha256: string;
  /** Empty in the first block. */
  readonly previousSha256: string;
  readonly dataSha256: string;
  /** Who signed it (the orderer; nobody the first block), and whether the signature is right. */
  readonly signers: readonly BlockSigner[];
  /** The block with the configuration that was in force; null: it does not say. */
  readonly lastConfigNumber: number | null;
  readonly sizeBytes: number;
  readonly transactions: readonly BlockTransaction[];
}

export interface BlockSigner {
  readonly mspId: string;
  /** The certificate's distinguished name. */
  readonly subject: string;
  readonly isValid: boolean;
}

/** One line of a block. */
export interface BlockTransaction {
  /** Empty for what has none, e.g. some configurations. */
  readonly transactionId: string;
  /** Fabric's name, e.g. `ENDORSER_TRANSACTION`, `CONFIG`. */
  readonly type: string;
  readonly validationCode: string;
  readonly timestampMs: number;
  readonly creatorMspId: string;
  /** Empty for what is not a chaincode call. */
  readonly functionName: string;
  /** Empty: it raised none. */
  readonly eventName: string;
}

/**
 * The channel as one node sees it. All calls fail with a BlosmError: the contract's own code when it refused;
 * BLOSM_E_LEDGER_UNREACHABLE (stage endorse or order), BLOSM_E_LEDGER_INVALIDATED (stage commit: MVCC or phantom;
 * the transaction had no effect), BLOSM_E_ENDORSEMENT_MISMATCH, BLOSM_E_OUTCOME_UNKNOWN (it may still be committed:
 * the message holds the transaction id, {@link Ledger.settle} tells), BLOSM_E_TIMEOUT, BLOSM_E_CANCELLED.
 */
export interface Ledger extends ChainSource {
  /** The MSP id of the own organisation. */
  readonly nodeId: string;
  /**
   * Submits and waits until the own peer has committed. Passing failures (a lagging endorser, a conflict whose
   * arguments are still right, an orderer without a leader) are retried inside until the timeout (default 30 s).
   */
  submit<N extends SubmitName>(name: N, args: ArgsOf<N>, options?: CallOptions): Promise<Committed<ResultOf<N>>>;
  /**
   * Asks the own peer (default timeout 5 s). The ledger never goes back: while the peer has fewer blocks than it had
   * shown to this agent (its disk was lost and it takes them in again), this and `settle` fail with
   * BLOSM_E_LEDGER_UNREACHABLE.
   */
  query<N extends QueryName>(name: N, args: ArgsOf<N>, options?: CallOptions): Promise<ResultOf<N>>;
  settle(transactionId: string, options?: CallOptions): Promise<TransactionStatus>;
  /**
   * Which peers of the channel have committed a transaction, as far as is known. Resolves once the own peer's word is
   * there, if it answers at all; the others are asked meanwhile where their streams have not shown it (in time, or
   * because this connection is younger than the transaction). Never sends the transaction again.
   */
  commits(transactionId: string, options?: CallOptions): Promise<readonly CommitSighting[]>;
  /** Calls back whenever more is known of a transaction that was submitted here or asked about, until the signal fires. */
  watchCommits(listener: (transactionId: string) => void, signal: AbortSignal): void;
  /**
   * Blocks with their valid events, in order and without gaps, from the checkpoint; from the next new block when it is
   * null or belongs to another network. Reconnects by itself with backoff; ends only by the signal.
   */
  events(from: EventCheckpoint | null, signal: AbortSignal): AsyncIterable<BlockEvents>;
  tip(options?: CallOptions): Promise<LedgerTip>;
  transaction(transactionId: string, options?: CallOptions): Promise<LedgerTransaction>;
  /** One block of the own peer; BLOSM_E_NOT_FOUND beyond the newest. */
  block(blockNumber: number, options?: CallOptions): Promise<LedgerBlock>;
  /**
   * Resolves once the own peer's height has reached the orderer's newest block: a fresh view, which an agent needs
   * after a restart and at each swap before an instance with state may answer.
   */
  freshView(options?: CallOptions): Promise<LedgerTip>;
  close(): Promise<void>;
}

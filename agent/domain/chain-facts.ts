/**
 * What a verifier of the chain sees of a block: hashes and signatures are computed where the bytes are, judged here.
 * All hashes are hexadecimal SHA-256.
 */
export interface BlockFacts {
  readonly number: number;
  /** Of its header: what the next block has to carry as its previous hash. */
  readonly headerSha256: string;
  /** As its header says; empty in the first block. */
  readonly previousSha256: string;
  /** As its header says. */
  readonly dataSha256: string;
  /** Of its transactions as they lie there. */
  readonly computedDataSha256: string;
  readonly transactionCount: number;
  /** Places (from 0) of those that are not exactly one envelope. */
  readonly malformedTransactions: readonly number[];
  /** How many verdicts the peer wrote beside the transactions; 0 in an orderer's copy, where nobody has judged yet. */
  readonly verdictCount: number;
  readonly signatures: readonly BlockSignature[];
  /** The number of the newest block with a configuration, as the orderer signed it; null: it says nothing. */
  readonly lastConfigNumber: number | null;
  /** Where unsigned copies of what the orderer signed differ from it, in words. */
  readonly disagreements: readonly string[];
  /** The configuration that this block brings; null: none. */
  readonly config: OrdererConfig | null;
}

export interface BlockSignature {
  readonly signer: Signer;
  /** Whether the signature is the signer's over this header. */
  readonly isValid: boolean;
}

export interface Signer {
  readonly mspId: string;
  /** Distinguished names, for people. */
  readonly subject: string;
  readonly issuer: string;
  readonly publicKeySha256: string;
  readonly certificatePem: string;
}

/** What a channel's configuration says of those who may sign its blocks. */
export interface OrdererConfig {
  readonly organizations: readonly OrdererOrganization[];
  /** E.g. `etcdraft`. */
  readonly consensusType: string;
  /** One word for each consenter, the same as long as nothing about it changes. */
  readonly consenters: readonly string[];
}

export interface OrdererOrganization {
  readonly mspId: string;
  readonly rootsPem: readonly string[];
  readonly intermediatesPem: readonly string[];
}

/** Bytes that are no block. */
export interface UnreadableBlock {
  /** The number that it should have. */
  readonly number: number;
  /** What is wrong and where, for people. */
  readonly unreadable: string;
}

/** A block as a verifier gets it. */
export type ChainBlock = BlockFacts | UnreadableBlock;

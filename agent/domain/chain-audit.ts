import type { BlockFacts, ChainBlock, OrdererConfig, Signer } from './chain-facts';
import { firstFault } from './chain-rules';
import type { ChainFault, ChainState, IsIssuedBy } from './chain-rules';

/** Before the channel's first block. */
export const BEFORE_THE_FIRST: ChainState = {
  next: 0,
  previousSha256: '',
  config: null,
  configNumber: 0,
  soleSigner: null,
  hasVerdicts: null,
};

/** After a block that is taken as given, with the block whose configuration was then in force. */
export function stateAfter(block: BlockFacts, configBlock: BlockFacts): ChainState {
  const before = { ...BEFORE_THE_FIRST, config: configBlock.config, configNumber: configBlock.number };
  return advance(before, block);
}

/** What has been seen of a chain so far. */
export interface ChainTally {
  readonly blocks: number;
  readonly transactions: number;
  readonly configBlocks: number;
  /** Header hashes of the first and the newest block seen; empty: none. */
  readonly firstSha256: string;
  readonly lastSha256: string;
  readonly signers: readonly SignerTally[];
}

export interface SignerTally {
  readonly mspId: string;
  readonly subject: string;
  readonly publicKeySha256: string;
  readonly blocks: number;
}

export interface ChainAudit {
  readonly state: ChainState;
  readonly tally: ChainTally;
  /** Null: everything so far is in order. */
  readonly fault: ChainFault | null;
}

/** A chain of which nothing has been judged. */
export const auditFrom = (state: ChainState): ChainAudit => ({
  state,
  tally: { blocks: 0, transactions: 0, configBlocks: 0, firstSha256: '', lastSha256: '', signers: [] },
  fault: null,
});

/** Judges the next block. After a fault nothing is judged any more: what follows hangs on it. */
export function judgeBlock(audit: ChainAudit, block: ChainBlock, isIssuedBy: IsIssuedBy): ChainAudit {
  if (audit.fault !== null) return audit;
  const { state, tally } = audit;
  if ('unreadable' in block) {
    return { ...audit, fault: { blockNumber: state.next, check: 'readable', message: block.unreadable } };
  }
  const fault = firstFault(state, block, isIssuedBy);
  if (fault !== null) return { ...audit, fault };
  return { state: advance(state, block), tally: counted(tally, block), fault: null };
}

function advance(state: ChainState, block: BlockFacts): ChainState {
  const hasNewConsenters = block.config !== null && !sameConsenters(state.config, block.config);
  // One that is taken as given may carry anything.
  const first = block.signatures.find(({ isValid }) => isValid);
  return {
    next: block.number + 1,
    previousSha256: block.headerSha256,
    config: block.config ?? state.config,
    configNumber: block.config === null ? state.configNumber : block.number,
    // The block that changes the consenters is still signed by the old one.
    soleSigner: hasNewConsenters ? null : (first?.signer ?? state.soleSigner),
    // Fabric writes a verdict on the first block only where a peer made the channel's ledger from it.
    hasVerdicts: block.number === 0 ? null : block.verdictCount > 0,
  };
}

function sameConsenters(before: OrdererConfig | null, after: OrdererConfig): boolean {
  return before !== null && before.consenters.join('\n') === after.consenters.join('\n');
}

function counted(tally: ChainTally, block: BlockFacts): ChainTally {
  return {
    blocks: tally.blocks + 1,
    transactions: tally.transactions + block.transactionCount,
    configBlocks: tally.configBlocks + (block.config === null ? 0 : 1),
    firstSha256: tally.firstSha256 === '' ? block.headerSha256 : tally.firstSha256,
    lastSha256: block.headerSha256,
    signers: block.signatures.reduce((signers, { signer }) => withSigner(signers, signer), tally.signers),
  };
}

function withSigner(signers: readonly SignerTally[], { mspId, subject, publicKeySha256 }: Signer): SignerTally[] {
  const isKnown = signers.some((each) => each.publicKeySha256 === publicKeySha256);
  const rest = isKnown ? signers : [...signers, { mspId, subject, publicKeySha256, blocks: 0 }];
  return rest.map((each) => (each.publicKeySha256 === publicKeySha256 ? { ...each, blocks: each.blocks + 1 } : each));
}

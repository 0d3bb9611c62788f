import type { ChainBlock } from '../domain/chain-facts';

/** A copy of a channel's blocks, wherever it lies: a peer, or files. */
export interface ChainSource {
  /**
   * The blocks from `first` to `last`, both included, in order, one at a time in memory; `last` null: to the newest that
   * is there now. Ends before `last` where the copy ends, and after a block that cannot be read. Fails with the codes of
   * the ledger port, BLOSM_E_CANCELLED when the signal fires.
   */
  blocks(first: number, last: number | null, signal: AbortSignal): AsyncIterable<ChainBlock>;
}

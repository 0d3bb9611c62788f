import type { protos } from '../protos';

/** A block's parts as bytes, whichever way they were stored or sent. */
export interface RawBlock {
  readonly number: number;
  readonly previousHash: Uint8Array;
  readonly dataHash: Uint8Array;
  readonly envelopes: readonly Uint8Array[];
  /** By Fabric's `BlockMetadataIndex`. */
  readonly metadata: readonly Uint8Array[];
  readonly sizeBytes: number;
}

const NOTHING = new Uint8Array();

/** The parts of a block as peers and orderers send it. @param sizeBytes what was sent */
export function rawBlockOf({ header, data, metadata }: protos.common.IBlock, sizeBytes: number): RawBlock {
  const { number, previous_hash, data_hash } = header ?? {};
  return {
    number: Number(number ?? 0),
    previousHash: previous_hash ?? NOTHING,
    dataHash: data_hash ?? NOTHING,
    envelopes: data?.data ?? [],
    metadata: metadata?.metadata ?? [],
    sizeBytes,
  };
}

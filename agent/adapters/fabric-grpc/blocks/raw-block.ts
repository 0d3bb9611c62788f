import { protos } from '../protos';

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

/** Reads a block as peers and orderers send it. @throws Error of protobufjs for bytes that are no block */
export function readRawBlock(bytes: Uint8Array): RawBlock {
  return rawBlockOf(protos.common.Block.decode(bytes), bytes.length);
}

export function rawBlockOf({ header, data, metadata }: protos.common.IBlock, sizeBytes: number): RawBlock {
  return {
    number: Number(header?.number ?? 0),
    previousHash: header?.previous_hash ?? new Uint8Array(),
    dataHash: header?.data_hash ?? new Uint8Array(),
    envelopes: data?.data ?? [],
    metadata: metadata?.metadata ?? [],
    sizeBytes,
  };
}

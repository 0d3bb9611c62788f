import type { Delivered } from './deliver';
import { protos } from './protos';

/** The transactions of a block with their validation codes, as the stream of filtered blocks brings them. */
export interface FilteredBlock {
  readonly number: number;
  /** Name of Fabric's `TxValidationCode` by transaction id. */
  readonly codes: ReadonlyMap<string, string>;
}

export function readFilteredBlock(bytes: Uint8Array): Delivered<FilteredBlock> {
  const response = protos.protos.DeliverResponse.decode(bytes);
  const block = response.filtered_block;
  if (!block) return { status: response.status ?? 0 };
  const codes = new Map<string, string>();
  for (const { txid, tx_validation_code } of block.filtered_transactions ?? []) {
    // The first of two equal transaction ids in a block is the one that counts.
    if (txid && !codes.has(txid)) codes.set(txid, validationName(tx_validation_code ?? 0));
  }
  return { block: { number: Number(block.number), codes } };
}

export function validationName(code: number): string {
  return protos.protos.TxValidationCode[code] ?? `CODE_${code}`;
}

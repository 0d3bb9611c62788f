import { EventPayload } from '../../../chaincode/src/model';
import type { BlockEvents, LedgerEvent } from '../../ports/ledger';
import type { Delivered } from './deliver';
import { openEnvelope } from './envelope-reader';
import { reasonOf } from './rpc-node';
import { protos } from './protos';

/** A block's events, and what in it could not be read. */
export interface ReadBlock extends BlockEvents {
  readonly unreadable: readonly string[];
}

const VALID: number = protos.protos.TxValidationCode.VALID;
const NOTHING = new Uint8Array();

/** Reads a message of the stream of full blocks. @param chaincode only its events are taken */
export function readBlockEvents(bytes: Uint8Array, chaincode: string): Delivered<ReadBlock> {
  const response = protos.protos.DeliverResponse.decode(bytes);
  return response.block ? { block: eventsOfBlock(response.block, chaincode) } : { status: response.status ?? 0 };
}

/** The events of the block's valid transactions, in the block's order. */
export function eventsOfBlock(block: protos.common.IBlock, chaincode: string): ReadBlock {
  const codes = validationCodes(block);
  const events: LedgerEvent[] = [];
  const unreadable: string[] = [];
  for (const [index, bytes] of (block.data?.data ?? []).entries()) {
    if (codes[index] !== VALID) continue;
    try {
      events.push(...eventsOfEnvelope(bytes, chaincode));
    } catch (error) {
      // A later version's event must not stop the stream.
      unreadable.push(`transaction ${index}: ${reasonOf(error)}`);
    }
  }
  return { blockNumber: Number(block.header?.number ?? 0), events, unreadable };
}

function eventsOfEnvelope(bytes: Uint8Array, chaincode: string): LedgerEvent[] {
  const { header, call } = openEnvelope(protos.common.Envelope.decode(bytes));
  if (call === null || call.action.events.length === 0) return [];
  const event = protos.protos.ChaincodeEvent.decode(call.action.events);
  if (event.chaincode_id !== chaincode) return [];
  const payload = EventPayload.parse(JSON.parse(Buffer.from(event.payload).toString('utf8')));
  return [{ transactionId: header.tx_id, payload }];
}

/** One byte a transaction: Fabric's `TxValidationCode`. */
function validationCodes(block: protos.common.IBlock): Uint8Array {
  return block.metadata?.metadata?.[protos.common.BlockMetadataIndex.TRANSACTIONS_FILTER] ?? NOTHING;
}

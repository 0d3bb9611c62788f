import { BlosmError } from '../../../../chaincode/src/model';
import type { BlockTransaction, LedgerBlock } from '../../../ports/ledger';
import { validationName } from '../filtered-blocks';
import { openEnvelope, timestampMsOf } from '../envelope-reader';
import { protos } from '../protos';
import type { Session } from '../session';
import { BlockFactsReader } from './block-facts';
import { peerBlocks } from './peer-blocks';
import type { RawBlock } from './raw-block';

const { TRANSACTIONS_FILTER } = protos.common.BlockMetadataIndex;

/** One block of the own peer for people. @throws BlosmError BLOSM_E_NOT_FOUND beyond the newest */
export async function readLedgerBlock(
  session: Session,
  blockNumber: number,
  signal: AbortSignal,
): Promise<LedgerBlock> {
  for await (const block of peerBlocks(session, blockNumber, blockNumber, signal)) return describeBlock(block);
  throw new BlosmError('BLOSM_E_NOT_FOUND', `the own peer has no block ${blockNumber}`, {
    stage: 'query',
    hint: 'See the newest block with: blosm ledger tip.',
  });
}

export function describeBlock(block: RawBlock): LedgerBlock {
  const facts = new BlockFactsReader().read(block);
  const codes = block.metadata[TRANSACTIONS_FILTER] ?? new Uint8Array();
  return {
    number: facts.number,
    headerSha256: facts.headerSha256,
    previousSha256: facts.previousSha256,
    dataSha256: facts.dataSha256,
    signers: facts.signatures.map(({ signer: { mspId, subject }, isValid }) => ({ mspId, subject, isValid })),
    lastConfigNumber: facts.lastConfigNumber,
    sizeBytes: block.sizeBytes,
    transactions: block.envelopes.map((envelope, index) => describeLine(envelope, codes[index])),
  };
}

function describeLine(envelope: Uint8Array, code: number | undefined): BlockTransaction {
  const { header, creatorMspId, call } = openEnvelope(protos.common.Envelope.decode(envelope));
  const events = call?.action.events ?? new Uint8Array();
  return {
    transactionId: header.tx_id,
    type: protos.common.HeaderType[header.type] ?? `TYPE_${header.type}`,
    validationCode: code === undefined ? 'NOT_VALIDATED' : validationName(code),
    timestampMs: timestampMsOf(header),
    creatorMspId,
    functionName: call?.words[0] ?? '',
    eventName: protos.protos.ChaincodeEvent.decode(events).event_name,
  };
}

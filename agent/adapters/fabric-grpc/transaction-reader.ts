import type { LedgerTransaction } from '../../ports/ledger';
import { openEnvelope, timestampMsOf } from './envelope-reader';
import type { StoredTransaction } from './ledger-queries';
import { protos } from './protos';

/** Decodes a stored transaction for people. */
export function describeTransaction(transactionId: string, stored: StoredTransaction): LedgerTransaction {
  const { header, creatorMspId, call } = openEnvelope(stored.envelope);
  const [functionName = '', ...args] = call?.words ?? [];
  return {
    transactionId,
    blockNumber: stored.blockNumber,
    validationCode: stored.validationCode,
    timestampMs: timestampMsOf(header),
    creatorMspId,
    functionName,
    args,
    endorserMspIds: call?.endorserMspIds ?? [],
    sizeBytes: protos.common.Envelope.encode(stored.envelope).finish().length,
  };
}

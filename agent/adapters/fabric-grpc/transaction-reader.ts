import type { LedgerTransaction } from '../../ports/ledger';
import { openEnvelope } from './envelope-reader';
import type { StoredTransaction } from './ledger-queries';
import { protos } from './protos';

/** Decodes a stored transaction for people. */
export function describeTransaction(transactionId: string, stored: StoredTransaction): LedgerTransaction {
  const { header, creatorMspId, call } = openEnvelope(stored.envelope);
  const [functionName = '', ...args] = call?.words ?? [];
  const seconds = Number(header.timestamp?.seconds ?? 0);
  const nanos = header.timestamp?.nanos ?? 0;
  return {
    transactionId,
    blockNumber: stored.blockNumber,
    validationCode: stored.validationCode,
    timestampMs: seconds * 1000 + Math.floor(nanos / 1_000_000),
    creatorMspId,
    functionName,
    args,
    endorserMspIds: call?.endorserMspIds ?? [],
    sizeBytes: protos.common.Envelope.encode(stored.envelope).finish().length,
  };
}

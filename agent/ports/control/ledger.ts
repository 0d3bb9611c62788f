import { z } from 'zod';
import { Count, HistoryEntry, Id, TimestampMs } from '../../../chaincode/src/model';
import { CHAIN_CHECKS } from '../../domain/chain-rules';
import type { CallOptions } from '../call';
import { HISTORY_QUERIES, type HistoryKind as Kind } from '../history';

export const LedgerTipView = z.object({
  channel: z.string(),
  /** Number of blocks. */
  height: Count,
  currentBlockHash: z.string(),
  genesisSha256: z.string(),
});
export type LedgerTipView = z.infer<typeof LedgerTipView>;

export const LedgerTransactionView = z.object({
  transactionId: z.string(),
  blockNumber: Count,
  validationCode: z.string(),
  timestampMs: TimestampMs,
  creatorMspId: z.string(),
  functionName: z.string(),
  args: z.array(z.string()),
  endorserMspIds: z.array(z.string()),
  sizeBytes: Count,
});
export type LedgerTransactionView = z.infer<typeof LedgerTransactionView>;

export const LedgerBlockView = z.object({
  number: Count,
  headerSha256: z.string(),
  /** Empty in the first block. */
  previousSha256: z.string(),
  dataSha256: z.string(),
  signers: z.array(z.object({ mspId: z.string(), subject: z.string(), isValid: z.boolean() })),
  /** The block with the configuration that was in force; null: it does not say. */
  lastConfigNumber: Count.nullable(),
  sizeBytes: Count,
  transactions: z.array(
    z.object({
      transactionId: z.string(),
      type: z.string(),
      validationCode: z.string(),
      timestampMs: TimestampMs,
      creatorMspId: z.string(),
      functionName: z.string(),
      eventName: z.string(),
    }),
  ),
});
export type LedgerBlockView = z.infer<typeof LedgerBlockView>;

/** What has a history on the ledger. */
export const HistoryKind = z.enum(Object.keys(HISTORY_QUERIES) as [keyof typeof HISTORY_QUERIES]);

export const LedgerHistoryView = z.object({
  kind: HistoryKind,
  id: Id,
  /** Newest first. */
  entries: z.array(z.object({ ...HistoryEntry.shape, record: z.unknown() })),
});
export type LedgerHistoryView = z.infer<typeof LedgerHistoryView>;

/** What `blosm ledger verify` found out about a copy of the chain. */
export const LedgerVerificationView = z.object({
  /** The first block that was to be judged, and the last that is in order; null: not even the first. */
  from: Count,
  to: Count.nullable(),
  blocks: Count,
  transactions: Count,
  configBlocks: Count,
  /** Header hashes of the first and of the last block that are in order; empty: none. */
  firstSha256: z.string(),
  lastSha256: z.string(),
  signers: z.array(z.object({ mspId: z.string(), subject: z.string(), publicKeySha256: z.string(), blocks: Count })),
  /** The first block that is not in order; null: all are. */
  fault: z.object({ blockNumber: Count, check: z.enum(CHAIN_CHECKS), message: z.string() }).nullable(),
});
export type LedgerVerificationView = z.infer<typeof LedgerVerificationView>;

/** A line of the answer of `GET /v1/ledger/verification`: how far it is, at last the result. */
export const LedgerVerificationLine = z.union([
  z.object({ progress: z.object({ blockNumber: Count }) }),
  z.object({ result: LedgerVerificationView }),
]);
export type LedgerVerificationLine = z.infer<typeof LedgerVerificationLine>;

/** From which block to which, both included; without `to`: to the newest. */
export const VerificationRequest = z
  .strictObject({ from: z.coerce.number().int().min(0).default(0), to: z.coerce.number().int().min(0).optional() })
  .refine(({ from, to }) => to === undefined || from <= to, { path: ['to'], message: 'lies before from' });
export type VerificationRequest = z.infer<typeof VerificationRequest>;

export interface LedgerControl {
  tip(options?: CallOptions): Promise<LedgerTipView>;
  transaction(transactionId: string, options?: CallOptions): Promise<LedgerTransactionView>;
  block(blockNumber: number, options?: CallOptions): Promise<LedgerBlockView>;
  /** All that the ledger's key has held, also what was deleted. */
  history(kind: Kind, id: string, options?: CallOptions): Promise<LedgerHistoryView>;
  /** Checks the own peer's chain block by block; the last line is the result. Ends by the signal. */
  verify(request: VerificationRequest, signal: AbortSignal): AsyncIterable<LedgerVerificationLine>;
}

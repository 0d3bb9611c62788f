import type { LedgerBlockView, LedgerHistoryView, LedgerVerificationView } from '../../ports/control';
import { bytes, time } from '../output/quantities';
import { facts, table } from '../output/table';

export const blockText = (block: LedgerBlockView): string =>
  [
    facts([
      ['block', String(block.number)],
      ['hash', block.headerSha256],
      ['previous', block.previousSha256 === '' ? 'none: the first block' : block.previousSha256],
      ['data hash', block.dataSha256],
      ['signed by', block.signers.map(signerText).join('; ') || 'nobody'],
      ['configuration', block.lastConfigNumber === null ? 'not named' : `of block ${block.lastConfigNumber}`],
      ['size', bytes(block.sizeBytes)],
    ]),
    table(
      ['TRANSACTION', 'TYPE', 'VALIDATION', 'BY', 'FUNCTION', 'EVENT', 'TIME'],
      block.transactions.map((transaction) => [
        transaction.transactionId || '-',
        transaction.type,
        transaction.validationCode,
        transaction.creatorMspId,
        transaction.functionName || '-',
        transaction.eventName || '-',
        time(transaction.timestampMs),
      ]),
    ),
  ].join('\n');

const signerText = ({ mspId, subject, isValid }: LedgerBlockView['signers'][number]): string =>
  `${subject} of ${mspId}${isValid ? '' : ' (NOT VALID)'}`;

export const historyText = (entries: LedgerHistoryView['entries']): string =>
  table(
    ['TIME', 'TRANSACTION', 'RECORD'],
    entries.map(({ timestampMs, transactionId, deleted, record }) => [
      time(timestampMs),
      transactionId,
      deleted ? '(deleted)' : JSON.stringify(record),
    ]),
  );

/** Wide enough to compare with what somebody else reads out. */
export const verificationText = (view: LedgerVerificationView): string =>
  facts([
    ['verified', view.to === null ? 'no block' : `blocks ${view.from} to ${view.to}`],
    ['transactions', `${view.transactions}, and ${view.configBlocks} configurations among them`],
    ['first block', view.firstSha256 || '-'],
    ['last block', view.lastSha256 || '-'],
    ...view.signers.map((signer): [string, string] => ['signed by', signerLine(signer)]),
    ['checked', 'numbers, previous hashes, data hashes, signatures, signers, configuration pointers'],
    ['not covered', "each peer's own validation codes and commit hashes: nobody signs them"],
    [
      'result',
      view.fault === null
        ? 'in order'
        : `BLOCK ${view.fault.blockNumber} IS BAD (${view.fault.check}): ${view.fault.message}`,
    ],
  ]);

const signerLine = (signer: LedgerVerificationView['signers'][number]): string =>
  `${signer.subject} of ${signer.mspId}, key ${signer.publicKeySha256.slice(0, 16)}, ${signer.blocks} blocks`;

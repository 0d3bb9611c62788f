import {
  LEDGER_RETRY,
  failureOfBroadcast,
  failureOfValidation,
  retryRule,
  transactionIdIn,
} from '../../../agent/domain/ledger-retry';
import type { LedgerFailure } from '../../../agent/domain/ledger-retry';

describe('the retry table', () => {
  it.each<[LedgerFailure, string, string | null, string]>([
    ['endorsers-unreachable', 'new-transaction', 'BLOSM_E_LEDGER_UNREACHABLE', 'endorse'],
    ['endorsement-mismatch', 'new-transaction', 'BLOSM_E_ENDORSEMENT_MISMATCH', 'endorse'],
    ['contract-refused', 'give-up', null, 'endorse'],
    ['access-denied', 'give-up', 'BLOSM_E_FORBIDDEN', 'endorse'],
    ['commit-stream-down', 'give-up', 'BLOSM_E_LEDGER_UNREACHABLE', 'endorse'],
    ['orderer-unreachable', 'same-envelope', 'BLOSM_E_LEDGER_UNREACHABLE', 'order'],
    ['orderer-unavailable', 'same-envelope', 'BLOSM_E_LEDGER_UNREACHABLE', 'order'],
    ['orderer-refused', 'give-up', 'BLOSM_E_LEDGER_UNREACHABLE', 'order'],
    ['order-denied', 'give-up', 'BLOSM_E_FORBIDDEN', 'order'],
    ['broadcast-unanswered', 'same-envelope', 'BLOSM_E_OUTCOME_UNKNOWN', 'order'],
    ['read-conflict', 'new-transaction', 'BLOSM_E_LEDGER_INVALIDATED', 'commit'],
    ['policy-unmet', 'new-transaction', 'BLOSM_E_LEDGER_INVALIDATED', 'commit'],
    ['duplicate-transaction', 'look-up', 'BLOSM_E_OUTCOME_UNKNOWN', 'commit'],
    ['invalidated', 'give-up', 'BLOSM_E_LEDGER_INVALIDATED', 'commit'],
    ['commit-unseen', 'same-envelope', 'BLOSM_E_OUTCOME_UNKNOWN', 'commit'],
  ])('%s: %s, then %s at stage %s', (failure, action, code, stage) => {
    expect(LEDGER_RETRY[failure]).toMatchObject({ action, code, stage });
  });

  it('never makes a new transaction while the old one may still be committed', () => {
    const unknown = Object.values(LEDGER_RETRY).filter(({ code }) => code === 'BLOSM_E_OUTCOME_UNKNOWN');
    expect(unknown.length).toBeGreaterThan(0);
    for (const { action } of unknown) expect(action).not.toBe('new-transaction');
  });

  it('gives up a kind that has failed too often', () => {
    const { maxAttempts } = LEDGER_RETRY['read-conflict'];
    expect(retryRule('read-conflict', maxAttempts - 1).action).toBe('new-transaction');
    expect(retryRule('read-conflict', maxAttempts).action).toBe('give-up');
    expect(retryRule('orderer-unavailable', 1_000_000).action).toBe('same-envelope');
  });
});

it.each([
  ['VALID', null],
  ['MVCC_READ_CONFLICT', 'read-conflict'],
  ['PHANTOM_READ_CONFLICT', 'read-conflict'],
  ['ENDORSEMENT_POLICY_FAILURE', 'policy-unmet'],
  ['DUPLICATE_TXID', 'duplicate-transaction'],
  ['BAD_RWSET', 'invalidated'],
])('validation code %s means %s', (code, failure) => {
  expect(failureOfValidation(code)).toBe(failure);
});

it.each([
  [200, null],
  [503, 'orderer-unavailable'],
  [400, 'orderer-refused'],
  [403, 'order-denied'],
])('an orderer that answers %i means %s', (status, failure) => {
  expect(failureOfBroadcast(status)).toBe(failure);
});

it('finds the transaction id in a message', () => {
  const id = '0123456789abcdef'.repeat(4);
  expect(transactionIdIn(`MigrationContract:HandOver: transaction ${id} was not committed`)).toBe(id);
  expect(transactionIdIn('no id here')).toBeUndefined();
});

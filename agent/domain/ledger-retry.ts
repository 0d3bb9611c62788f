import type { ErrorCode } from '../../chaincode/src/model';
import type { BackoffPolicy } from './backoff';

/** Everything that can go wrong between a proposal and its commit. */
export type LedgerFailure =
  | 'endorsers-unreachable'
  | 'endorsement-mismatch'
  | 'contract-refused'
  | 'access-denied'
  | 'commit-stream-down'
  | 'orderer-unreachable'
  | 'orderer-unavailable'
  | 'orderer-refused'
  | 'order-denied'
  | 'broadcast-unanswered'
  | 'read-conflict'
  | 'policy-unmet'
  | 'duplicate-transaction'
  | 'invalidated'
  | 'commit-unseen';

export type RetryAction =
  /** A new transaction with the same arguments: only where the old one can have no effect any more. */
  | 'new-transaction'
  /** The very same envelope: peers accept a transaction id once, so that it cannot take effect twice. */
  | 'same-envelope'
  /** Ask the ledger what became of it. */
  | 'look-up'
  | 'give-up';

export interface RetryRule {
  readonly action: RetryAction;
  /** How many failures of this kind one submit bears; beyond the deadline none is borne. */
  readonly maxAttempts: number;
  readonly backoff: BackoffPolicy;
  /** What the caller sees when trying has ended; null: the contract's own code. */
  readonly code: ErrorCode | null;
  readonly stage: 'endorse' | 'order' | 'commit';
  /** True when the list of peers should be asked for again before the next attempt. */
  readonly rediscover: boolean;
}

const SOON: BackoffPolicy = { initialMs: 20, factor: 2, maxMs: 500 };
const LATER: BackoffPolicy = { initialMs: 200, factor: 2, maxMs: 2_000 };
const UNTIL_DEADLINE = Number.POSITIVE_INFINITY;

const endorse = (rule: Partial<RetryRule>): RetryRule => ({
  action: 'new-transaction',
  maxAttempts: UNTIL_DEADLINE,
  backoff: LATER,
  code: 'BLOSM_E_LEDGER_UNREACHABLE',
  stage: 'endorse',
  rediscover: false,
  ...rule,
});
const order = (rule: Partial<RetryRule>): RetryRule => ({
  ...endorse({ action: 'same-envelope', stage: 'order' }),
  ...rule,
});
const commit = (rule: Partial<RetryRule>): RetryRule => ({
  ...endorse({ stage: 'commit', code: 'BLOSM_E_LEDGER_INVALIDATED' }),
  ...rule,
});

/** What is done about each failure. The contracts are idempotent: the same arguments again are harmless. */
export const LEDGER_RETRY: Readonly<Record<LedgerFailure, RetryRule>> = {
  'endorsers-unreachable': endorse({ rediscover: true }),
  // A peer that lags by a block catches up within milliseconds.
  'endorsement-mismatch': endorse({ backoff: SOON, code: 'BLOSM_E_ENDORSEMENT_MISMATCH' }),
  'contract-refused': endorse({ action: 'give-up', code: null }),
  'access-denied': endorse({ action: 'give-up', code: 'BLOSM_E_FORBIDDEN' }),
  'commit-stream-down': endorse({ action: 'give-up' }),
  'orderer-unreachable': order({}),
  // A single orderer that was restarted has no leader for 10 to 20 of its ticks: 5-10 s with Fabric's own settings.
  'orderer-unavailable': order({}),
  'orderer-refused': order({ action: 'give-up' }),
  // The channel's policy for writers, or an expired certificate.
  'order-denied': order({ action: 'give-up', code: 'BLOSM_E_FORBIDDEN' }),
  'broadcast-unanswered': order({ code: 'BLOSM_E_OUTCOME_UNKNOWN' }),
  'read-conflict': commit({ backoff: SOON, maxAttempts: 20 }),
  // The policy may have changed since the peers were discovered.
  'policy-unmet': commit({ maxAttempts: 3, rediscover: true }),
  'duplicate-transaction': commit({ action: 'look-up', code: 'BLOSM_E_OUTCOME_UNKNOWN' }),
  invalidated: commit({ action: 'give-up' }),
  // Asked for first; an orderer that died right after it took the envelope has lost it.
  'commit-unseen': commit({ action: 'same-envelope', code: 'BLOSM_E_OUTCOME_UNKNOWN' }),
};

/** The rule, with `give-up` in the place of its action when this kind has failed too often. */
export function retryRule(failure: LedgerFailure, attempt: number): RetryRule {
  const rule = LEDGER_RETRY[failure];
  return attempt < rule.maxAttempts ? rule : { ...rule, action: 'give-up' };
}

/** What a validation code of a block (Fabric's `TxValidationCode`, by name) means; null when it is valid. */
export function failureOfValidation(validationCode: string): LedgerFailure | null {
  switch (validationCode) {
    case 'VALID':
      return null;
    case 'MVCC_READ_CONFLICT':
    case 'PHANTOM_READ_CONFLICT':
      return 'read-conflict';
    case 'ENDORSEMENT_POLICY_FAILURE':
      return 'policy-unmet';
    case 'DUPLICATE_TXID':
      return 'duplicate-transaction';
    default:
      return 'invalidated';
  }
}

/** What an orderer's answer to a broadcast (Fabric's `Status`, by number) means; null when it was accepted. */
export function failureOfBroadcast(status: number): LedgerFailure | null {
  switch (status) {
    case 200:
      return null;
    case 403:
      return 'order-denied';
    case 503:
      return 'orderer-unavailable';
    default:
      return 'orderer-refused';
  }
}

const TRANSACTION_ID = /\b[0-9a-f]{64}\b/;

/** The transaction id that a message of BLOSM_E_OUTCOME_UNKNOWN carries, for `Ledger.settle`. */
export function transactionIdIn(message: string): string | undefined {
  return TRANSACTION_ID.exec(message)?.[0];
}

import { BlosmError } from '../../../chaincode/src/model';
import type { ErrorCode } from '../../../chaincode/src/model';
import { LEDGER_RETRY } from '../../domain/ledger-retry';
import type { LedgerFailure } from '../../domain/ledger-retry';

/** Nobody on the channel knows better than this: the denial itself names no identity. */
const DENIED_HINT =
  'The channel does not let the identity of ledger.certificate do this: blosm identity show, blosm doctor.';

/** A failure inside a submit, before it is decided whether to try again. */
export class StageFailure extends Error {
  override readonly name = 'StageFailure';

  constructor(
    readonly failure: LedgerFailure,
    message: string,
    /** The contract's own code, where it refused. */
    readonly contractCode: ErrorCode | null = null,
  ) {
    super(message);
  }
}

/** What the caller of a submit sees. @param trying how often and how long, e.g. `after 3 attempts in 30000 ms` */
export function submitError(name: string, failed: StageFailure, trying: string): BlosmError {
  const rule = LEDGER_RETRY[failed.failure];
  // The contract's message stands alone: it is what the reader needs, and other agents compare it.
  if (failed.contractCode !== null) return new BlosmError(failed.contractCode, failed.message, { stage: rule.stage });
  const code = rule.code ?? 'BLOSM_E_INTERNAL';
  return new BlosmError(code, `${name}: ${failed.message} (${trying})`, {
    stage: rule.stage,
    cause: failed,
    ...(code === 'BLOSM_E_FORBIDDEN' ? { hint: DENIED_HINT } : {}),
  });
}

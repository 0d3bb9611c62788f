import { BlosmError } from '../../chaincode/src/model/errors';
import type { Cli } from './io';

/**
 * For work that takes an interrupt as one more thing that it could not find out: its result is not what was asked for.
 * @param what was interrupted, e.g. `the examination`
 * @throws BlosmError BLOSM_E_CANCELLED once the user has interrupted
 */
export function refuseInterrupted({ io }: Cli, what: string): void {
  if (!io.signal.aborted) return;
  throw new BlosmError('BLOSM_E_CANCELLED', `${what} was interrupted`, {
    stage: 'command',
    hint: 'Nothing was written; run it again.',
  });
}

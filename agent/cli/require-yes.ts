import { BlosmError } from '../../chaincode/src/model/errors';
import type { Cli } from './io';

/**
 * Asks nobody, so that scripts never hang: what deletes needs --yes.
 * @throws BlosmError BLOSM_E_INVALID_ARGUMENT without it
 */
export function requireYes(cli: Cli, what: string): void {
  if (cli.options.yes === true) return;
  throw new BlosmError('BLOSM_E_INVALID_ARGUMENT', `this ${what}`, {
    stage: 'usage',
    hint: 'If that is what you want, repeat the command with --yes.',
  });
}

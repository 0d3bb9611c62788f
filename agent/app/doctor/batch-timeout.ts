import { judgeBatchTimeout } from '../../domain/doctor/ledger';
import type { Check } from './check';

/** How long the orderer lets a lone transaction wait. */
export const batchTimeout: Check = {
  name: 'batch-timeout',
  needs: 'ledger',
  run: async ({ answers }) => [judgeBatchTimeout((await answers.configuration()).batchTimeoutMs)],
};

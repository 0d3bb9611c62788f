import { judgeBatchTimeout } from '../../domain/doctor/ledger';
import type { Check } from './check';

export const batchTimeout: Check = {
  name: 'batch-timeout',
  about: 'how long the orderer lets a lone transaction wait',
  needs: 'ledger',
  run: async ({ answers }) => [judgeBatchTimeout((await answers.configuration()).batchTimeoutMs)],
};

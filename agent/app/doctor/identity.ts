import { judgeOwnIdentity } from '../../domain/doctor/certificates';
import type { Check } from './check';

/** The agent's certificate and key: dates, curve, unit, and that they belong together. */
export const identity: Check = {
  name: 'identity',
  needs: 'config',
  run: async ({ answers }) => judgeOwnIdentity(await answers.identity()),
};

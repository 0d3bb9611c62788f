import { judgeOwnIdentity } from '../../domain/doctor/certificates';
import type { Check } from './check';

export const identity: Check = {
  name: 'identity',
  about: "the agent's certificate and key: dates, curve, unit, and that they belong together",
  needs: 'config',
  run: async ({ answers }) => judgeOwnIdentity(await answers.identity()),
};

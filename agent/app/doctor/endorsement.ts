import { judgeEndorsement } from '../../domain/doctor/endorsement';
import { skip } from '../../domain/doctor/finding';
import type { Check } from './check';

/** The chaincode's endorsement policy: how many organisations have to agree. */
export const endorsement: Check = {
  name: 'endorsement',
  needs: 'ledger',
  run: async ({ answers }) => {
    const [definition, channel] = await Promise.all([answers.definition(), answers.configuration()]);
    return definition === null ? [skip('no chaincode is committed')] : judgeEndorsement(definition, channel);
  },
};

import { judgeIssuer } from '../../domain/doctor/certificates';
import { isIssuedBy } from './issued-by';
import type { Check } from './check';

/** That an authority of the organisation, as the channel knows it, issued the agent's certificate. */
export const issuer: Check = {
  name: 'issuer',
  needs: 'ledger',
  run: async ({ answers, config }) => {
    const [{ certificatePem, facts }, { ownAuthoritiesPem }] = await Promise.all([
      answers.identity(),
      answers.configuration(),
    ]);
    return [judgeIssuer(config.cluster.mspId, facts.issuer, isIssuedBy(certificatePem, ownAuthoritiesPem))];
  },
};

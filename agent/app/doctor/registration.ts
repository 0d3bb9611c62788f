import { judgeRegistration } from '../../domain/doctor/node';
import type { Check } from './check';

/** The own node on the ledger: registered with this certificate, active, not cordoned. */
export const registration: Check = {
  name: 'registration',
  needs: 'ledger',
  run: async ({ answers, config }) => {
    const [nodes, sha256] = await Promise.all([
      answers.registered(),
      // A certificate that cannot be read has a finding of its own.
      answers.identity().then(
        ({ facts }) => facts.sha256,
        () => null,
      ),
    ]);
    const { mspId } = config.cluster;
    return judgeRegistration(
      mspId,
      nodes.find(({ nodeId }) => nodeId === mspId),
      sha256,
    );
  },
};

import { judgePosition } from '../../domain/doctor/position';
import type { Check } from './check';

/** Site and radius: set, and plausible beside the other clusters'. */
export const position: Check = {
  name: 'position',
  needs: 'config',
  run: async ({ answers, profile, config }) => {
    // Without a ledger it is judged by itself.
    const nodes = await answers.registered().catch(() => []);
    const others = nodes.filter(({ nodeId }) => nodeId !== config.cluster.mspId);
    return judgePosition({ nodeId: config.cluster.mspId, ...profile }, profile.sourceIp, others);
  },
};

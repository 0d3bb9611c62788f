import { judgeOwnAgent } from '../../domain/doctor/agents';
import type { Check } from './check';

/** The agent of this cluster, where one runs: ready, and of this version. */
export const ownAgent: Check = {
  name: 'agent',
  needs: 'config',
  run: async ({ answers, config, version }) => {
    const { agent, why } = await answers.ownAgent();
    return [judgeOwnAgent(agent, why, config.cluster.mspId, version)];
  },
};

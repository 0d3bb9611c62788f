import { judgeOwnAgent } from '../../domain/doctor/agents';
import type { Check } from './check';

export const ownAgent: Check = {
  name: 'agent',
  about: 'the agent of this cluster, where one runs: ready, and of this version',
  needs: 'config',
  run: async ({ answers, config, version }) => {
    const { agent, why } = await answers.ownAgent();
    return [judgeOwnAgent(agent, why, config.cluster.mspId, version)];
  },
};

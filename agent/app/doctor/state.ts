import { judgeState } from '../../domain/doctor/machine';
import { isOwnAgentRunning, type Check } from './check';

/** Rights on the state directory, and another agent's lock. */
export const state: Check = {
  name: 'state',
  needs: 'config',
  run: async (visit) => {
    const look = await visit.machine.state(visit.config.state.directory);
    return judgeState(look, await isOwnAgentRunning(visit));
  },
};

import { judgePort } from '../../domain/doctor/machine';
import { isOwnAgentRunning, type Check } from './check';

/** The addresses of gateway.listen and peers.listen: free, or the running agent's. */
export const ports: Check = {
  name: 'ports',
  needs: 'config',
  run: async (visit) => {
    const { machine, config } = visit;
    const isRunning = await isOwnAgentRunning(visit);
    const keys = [
      ['gateway.listen', config.gateway.listen],
      ['peers.listen', config.peers.listen],
    ] as const;
    return Promise.all(
      keys.map(async ([key, listen]) => judgePort(key, listen, await machine.listen(listen), isRunning)),
    );
  },
};

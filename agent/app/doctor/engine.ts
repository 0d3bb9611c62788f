import { judgeEngine, type EngineLook } from '../../domain/doctor/engine';
import type { Check, Visit } from './check';

/** The Docker Engine: its socket's rights, version and image store. */
export const engine: Check = {
  name: 'engine',
  needs: 'config',
  run: async (visit) => {
    const { socket } = visit.config.docker;
    const file = await visit.machine.socket(socket);
    return judgeEngine(socket, file, await askEngine(visit));
  },
};

async function askEngine({ answers }: Visit): Promise<EngineLook> {
  try {
    return await answers.engine();
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}

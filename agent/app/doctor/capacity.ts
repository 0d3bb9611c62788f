import { hasCode } from '../../../chaincode/src/model';
import { judgeCapacity } from '../../domain/doctor/engine';
import { skip } from '../../domain/doctor/finding';
import type { Check } from './check';

/** Memory, disk and cores of the host against what the configuration gives to services. */
export const capacity: Check = {
  name: 'capacity',
  needs: 'config',
  run: async ({ answers, declared }) => {
    try {
      return judgeCapacity({ declared, ...(await answers.engine()) });
    } catch (error) {
      if (hasCode(error, 'BLOSM_E_ENGINE_UNREACHABLE', 'BLOSM_E_TIMEOUT')) return [skip('the engine does not answer')];
      throw error;
    }
  },
};

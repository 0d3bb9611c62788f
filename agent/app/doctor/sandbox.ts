import { judgeSandbox } from '../../domain/doctor/machine';
import type { Check } from './check';

/** Programs, and features of the kernel, for blosm sandbox; looked at only where one is kept, or when it is named. */
export const sandbox: Check = {
  name: 'sandbox',
  needs: 'nothing',
  run: async ({ machine }) => {
    const { missing, features } = await machine.sandbox();
    return judgeSandbox(missing, features);
  },
};

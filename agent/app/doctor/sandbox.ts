import { judgeSandbox } from '../../domain/doctor/machine';
import type { Check } from './check';

/** Only where it is asked for: an agent of a real cluster needs none of it. */
export const sandbox: Check = {
  name: 'sandbox',
  about: 'programs, and features of the kernel, for blosm sandbox (looked at when named, or where a sandbox is kept)',
  needs: 'nothing',
  run: async ({ machine }) => {
    const { missing, features } = await machine.sandbox();
    return judgeSandbox(missing, features);
  },
};

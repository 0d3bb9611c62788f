import { judgeRegistry } from '../../domain/doctor/registry';
import type { Check } from './check';

/** The private registry: reached, over TLS, and its login. */
export const registry: Check = {
  name: 'registry',
  needs: 'config',
  run: async ({ config, registry: ask, call }) => {
    const { address, username } = config.registry;
    return [judgeRegistry(address, username !== undefined, await ask(call))];
  },
};

import { judgeFabric } from '../../domain/doctor/ledger';
import type { Check } from './check';

/** The release of the own peer's Fabric, and whether it fits ledger.adapter. */
export const fabric: Check = {
  name: 'fabric',
  needs: 'ledger',
  run: async ({ answers, config, call }) => {
    const features = await (await answers.channel()).features(call);
    return [judgeFabric({ ...features, adapter: config.ledger.adapter })];
  },
};

import { judgeClock } from '../../domain/doctor/clock';
import type { Check } from './check';

/** This machine's clock against those of the endorsing peers, which refuse what is more than 30 s off. */
export const clock: Check = {
  name: 'clock',
  needs: 'ledger',
  run: async ({ answers, call }) => {
    const inspection = await answers.channel();
    const { endpoints } = await answers.nodes();
    const peers = endpoints.filter(({ role }) => role === 'peer');
    return Promise.all(peers.map(async (peer) => judgeClock(peer.name, await inspection.clock(peer, call))));
  },
};

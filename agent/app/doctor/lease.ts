import { judgeLease } from '../../domain/doctor/node';
import { isOwnAgentRunning, type Check } from './check';

/** The own node's lease: seconds left. */
export const lease: Check = {
  name: 'lease',
  needs: 'ledger',
  run: async (visit) => {
    const { mspId } = visit.config.cluster;
    const leases = await visit.answers.leases();
    return [
      judgeLease({
        nodeId: mspId,
        lease: leases.find(({ nodeId }) => nodeId === mspId),
        nowMs: visit.nowMs(),
        leaseSeconds: visit.config.lease.seconds,
        isAgentRunning: await isOwnAgentRunning(visit),
      }),
    ];
  },
};

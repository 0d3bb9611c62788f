import { activeNodes, lapsedNodes, renewalAfterMs } from '../../../agent/domain/lease';
import type { Lease } from '../../../chaincode/src/model';
import { ME, NOW_MS, nodeRecord } from '../../support/lane-views';

const leaseOf = (number: number, expiresAtMs: number): Lease => ({
  v: 1,
  type: 'lease',
  nodeId: `Edge${number}MSP`,
  renewedAtMs: NOW_MS - 60_000,
  expiresAtMs,
});

describe('leases', () => {
  it('are renewed while half of them is left', () => {
    expect(renewalAfterMs(120_000)).toBe(60_000);
  });

  it('lapse after their end and the grace, for active nodes other than this one', () => {
    const nodes = [1, 2, 3, 4, 5].map((number) => nodeRecord(number, number === 4 ? { state: 'SUSPENDED' } : {}));
    const over = NOW_MS - 5001;
    const leases = [leaseOf(1, over), leaseOf(2, over), leaseOf(3, NOW_MS - 5000), leaseOf(4, over)];
    const lapsed = lapsedNodes({ me: ME, nodes, leases, nowMs: NOW_MS, graceMs: 5000 });
    expect(lapsed.map(({ nodeId }) => nodeId)).toEqual(['Edge2MSP']);
  });

  it('decide who counts: cordoned nodes do, suspended ones do not', () => {
    const nodes = [nodeRecord(1), nodeRecord(2, { cordoned: true }), nodeRecord(3, { state: 'SUSPENDED' })];
    expect(activeNodes(nodes).map(({ nodeId }) => nodeId)).toEqual(['Edge1MSP', 'Edge2MSP']);
  });
});

import type { Lease, NodeRecord } from '../../chaincode/src/model';

/** A lease is renewed when so much of it is left: a renewal may fail for that long before anybody can suspend the node. */
const RENEW_AT = 0.5;

/** When the next renewal is due, in milliseconds from the last one. */
export function renewalAfterMs(leaseMs: number): number {
  return leaseMs * RENEW_AT;
}

export interface LeaseFacts {
  readonly me: string;
  readonly nodes: readonly NodeRecord[];
  readonly leases: readonly Lease[];
  readonly nowMs: number;
  /** How long a lease must have been over, for clocks that differ; milliseconds. */
  readonly graceMs: number;
}

/**
 * The active nodes that this one may ask to suspend: all other ones whose lease is over. A node without a lease was
 * registered by an earlier release, and the contract alone knows for how long it vouches.
 */
export function lapsedNodes({ me, nodes, leases, nowMs, graceMs }: LeaseFacts): NodeRecord[] {
  const expiresAtMs = new Map(leases.map((lease) => [lease.nodeId, lease.expiresAtMs]));
  return nodes.filter(
    ({ nodeId, state }) =>
      nodeId !== me && state === 'ACTIVE' && nowMs > (expiresAtMs.get(nodeId) ?? Infinity) + graceMs,
  );
}

/** The nodes that count for the 90 %: active ones, cordoned or not. */
export function activeNodes(nodes: readonly NodeRecord[]): NodeRecord[] {
  return nodes.filter(({ state }) => state === 'ACTIVE');
}

import { BlosmError, SCHEMA_VERSION, type Lease, type LeaseRenewal, type NodeRecord } from '../model';

/** What a node has from its registration until its agent first renews, in milliseconds. */
export const FIRST_LEASE_MS = 10 * 60 * 1000;

/** The lease after Renew. */
export function renewedLease({ leaseSeconds }: LeaseRenewal, nodeId: string, nowMs: number): Lease {
  return leaseFrom(nodeId, nowMs, leaseSeconds * 1000);
}

/** The lease that comes with the registration; also that of a node which an earlier release has registered. */
export function firstLease(nodeId: string, registeredAtMs: number): Lease {
  return leaseFrom(nodeId, registeredAtMs, FIRST_LEASE_MS);
}

function leaseFrom(nodeId: string, renewedAtMs: number, durationMs: number): Lease {
  return { v: SCHEMA_VERSION, type: 'lease', nodeId, renewedAtMs, expiresAtMs: renewedAtMs + durationMs };
}

/** What Suspend judges by. */
export interface Suspension {
  readonly node: NodeRecord;
  readonly lease: Lease;
  /** All registered nodes. */
  readonly nodes: readonly NodeRecord[];
}

/**
 * The node's record after Suspend: any member may say that its lease has lapsed, as long as a majority of the registered
 * nodes stays active. Else a few could suspend the rest and be the whole network.
 * @throws BlosmError BLOSM_E_LEASE_HELD, BLOSM_E_MAJORITY
 */
export function suspendedNode({ node, lease, nodes }: Suspension, nowMs: number): NodeRecord {
  const { nodeId } = node;
  if (nowMs <= lease.expiresAtMs) {
    const leftSeconds = Math.ceil((lease.expiresAtMs - nowMs) / 1000);
    throw new BlosmError('BLOSM_E_LEASE_HELD', `the lease of ${nodeId} has ${leftSeconds} s left`);
  }
  const activeAfter = nodes.filter((each) => each.nodeId !== nodeId && each.state === 'ACTIVE').length;
  if (activeAfter * 2 <= nodes.length) {
    throw new BlosmError(
      'BLOSM_E_MAJORITY',
      `without ${nodeId} only ${activeAfter} of ${nodes.length} nodes were active`,
    );
  }
  return { ...node, state: 'SUSPENDED', updatedAtMs: nowMs, revision: node.revision + 1 };
}

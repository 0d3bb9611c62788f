import type { SubmitBody, Submission } from '../ledger';
import { InstanceRecord, Lease, NodeRecord, leaseKey, nodeKey, prefixKey, type EventName } from '../model';
import { releaseCertificate } from './certificate-steps';
import { cordonedNode, firstLease, renewedLease, requireNoInstances, resumedNode, suspendedNode } from '../rules';

/** The lease is written without being read: a renewal never meets another transaction on its key but Suspend. */
export const renew: SubmitBody<'NodeContract:Renew'> = async (tx, renewal) => {
  const stored = await tx.suspendableAgent();
  const lease = renewedLease(renewal, stored.nodeId, tx.nowMs);
  tx.put(leaseKey(stored.nodeId), Lease, lease);
  storeNode(tx, stored, resumedNode(stored, tx.nowMs), 'NodeResumed');
  return lease;
};

/** Beside Leave the only submit that reads a range: all nodes, for the majority. */
export const suspend: SubmitBody<'NodeContract:Suspend'> = async (tx, nodeId) => {
  await tx.agent();
  const node = await tx.state.get(nodeKey(nodeId), NodeRecord);
  if (node.state === 'SUSPENDED') return node;
  const lease = (await tx.state.find(leaseKey(nodeId), Lease)) ?? firstLease(nodeId, node.registeredAtMs);
  const nodes = await tx.state.list(prefixKey('node'), NodeRecord);
  const suspended = suspendedNode({ node, lease, nodes }, tx.nowMs);
  tx.put(nodeKey(nodeId), NodeRecord, suspended);
  tx.emit('NodeSuspended', { suspendedNodeId: nodeId });
  return suspended;
};

export async function cordon(tx: Submission, cordoned: boolean): Promise<NodeRecord> {
  const stored = await tx.agent();
  return storeNode(tx, stored, cordonedNode(stored, cordoned, tx.nowMs), cordoned ? 'NodeCordoned' : 'NodeUncordoned');
}

/**
 * Rare, and not on a migration's way: it may read all instances. One that is created or handed over to the node
 * meanwhile makes it a phantom read.
 */
export const leave: SubmitBody<'NodeContract:Leave'> = async (tx) => {
  const { mspId, isAdmin } = tx.caller;
  const node = isAdmin ? await tx.state.get(nodeKey(mspId), NodeRecord) : await tx.agent();
  const instances = await tx.state.list(prefixKey('instance'), InstanceRecord);
  const owned = instances.filter(({ ownerNodeId }) => ownerNodeId === mspId);
  requireNoInstances(mspId, owned);
  tx.remove(nodeKey(mspId));
  tx.remove(leaseKey(mspId));
  await releaseCertificate(tx, node, null);
  tx.emit('NodeLeft', {});
  return node;
};

/** Writes and announces the record when it has changed. */
export function storeNode(
  tx: Submission,
  stored: NodeRecord | undefined,
  node: NodeRecord,
  event: EventName,
): NodeRecord {
  if (node !== stored) {
    tx.put(nodeKey(node.nodeId), NodeRecord, node);
    tx.emit(event, {});
  }
  return node;
}

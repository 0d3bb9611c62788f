import {
  BlosmError,
  NODE_VERSION,
  NodeId,
  type CertificateHolder,
  type InstanceRecord,
  type NodeProfile,
  type NodeRecord,
  type NodeRegistration,
} from '../model';
import { sameContent } from './same-content';

/** What the rules of registration need to know of the caller. */
export interface Registrant {
  readonly mspId: string;
  readonly isAdmin: boolean;
}

/** A registration and the SHA-256 of its certificate's DER form. */
export interface CertifiedRegistration {
  readonly registration: NodeRegistration;
  readonly agentCertificateSha256: string;
}

/**
 * Only an organisation's admin says which certificate its agent has.
 * @throws BlosmError BLOSM_E_FORBIDDEN, BLOSM_E_INVALID_ARGUMENT
 */
export function requireRegistrant(caller: Registrant): void {
  if (!caller.isAdmin) {
    throw new BlosmError('BLOSM_E_FORBIDDEN', `only an admin of ${caller.mspId} (OU=admin) may register its node`);
  }
  if (!NodeId.safeParse(caller.mspId).success) {
    throw new BlosmError('BLOSM_E_INVALID_ARGUMENT', `nodeId: the MSP id ${caller.mspId} cannot name a node`);
  }
}

/**
 * One certificate speaks for one node: two with the same could not be told apart by the other agents.
 * @throws BlosmError BLOSM_E_INVALID_ARGUMENT
 */
export function requireOwnCertificate(holder: CertificateHolder | undefined, nodeId: string): void {
  if (holder === undefined || holder.nodeId === nodeId) return;
  throw new BlosmError(
    'BLOSM_E_INVALID_ARGUMENT',
    `agentCertificatePem: ${holder.nodeId} has registered this certificate; each agent needs one of its own`,
  );
}

/** The record after Register; the stored one itself when nothing changes. */
export function registeredNode(
  stored: NodeRecord | undefined,
  { registration, agentCertificateSha256 }: CertifiedRegistration,
  nodeId: string,
  nowMs: number,
): NodeRecord {
  const content = { ...registration, agentCertificateSha256 };
  if (stored === undefined) {
    const birth = { state: 'ACTIVE', cordoned: false, registeredAtMs: nowMs, updatedAtMs: nowMs, revision: 1 } as const;
    return { v: NODE_VERSION, type: 'node', nodeId, ...content, ...birth };
  }
  return changedNode(stored, content, nowMs);
}

/** The record after Update; the stored one itself when nothing changes. */
export function updatedNode(stored: NodeRecord, profile: NodeProfile, nowMs: number): NodeRecord {
  return changedNode(stored, profile, nowMs);
}

/** The record after Cordon and Uncordon; the stored one itself when nothing changes. */
export function cordonedNode(stored: NodeRecord, cordoned: boolean, nowMs: number): NodeRecord {
  return changedNode(stored, { cordoned }, nowMs);
}

/** The record after a renewal: a suspended node is back. */
export function resumedNode(stored: NodeRecord, nowMs: number): NodeRecord {
  return changedNode(stored, { state: 'ACTIVE' }, nowMs);
}

/** @throws BlosmError BLOSM_E_CORDONED */
export function requireNotCordoned(node: NodeRecord): void {
  if (node.cordoned) throw new BlosmError('BLOSM_E_CORDONED', `${node.nodeId} is cordoned: it takes nothing new`);
}

/** @throws BlosmError BLOSM_E_NODE_INACTIVE when it has left or is suspended */
export function requireActive(nodeId: string, node: NodeRecord | undefined): void {
  if (node === undefined) throw new BlosmError('BLOSM_E_NODE_INACTIVE', `${nodeId} is not registered`);
  if (node.state !== 'ACTIVE') throw new BlosmError('BLOSM_E_NODE_INACTIVE', `${nodeId} is ${node.state}`);
}

/** @throws BlosmError BLOSM_E_OWNS_INSTANCES when the node that leaves would leave an instance without an owner */
export function requireNoInstances(nodeId: string, owned: readonly InstanceRecord[]): void {
  const [first] = owned;
  if (first === undefined) return;
  const what = owned.length === 1 ? first.instanceId : `${first.instanceId} and ${owned.length - 1} more`;
  throw new BlosmError('BLOSM_E_OWNS_INSTANCES', `${nodeId} owns ${what}`);
}

function changedNode(stored: NodeRecord, change: Partial<NodeRecord>, nowMs: number): NodeRecord {
  const changed = { ...stored, ...change };
  return sameContent(changed, stored) ? stored : { ...changed, updatedAtMs: nowMs, revision: stored.revision + 1 };
}

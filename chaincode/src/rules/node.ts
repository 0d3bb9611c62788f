import { BlosmError, NodeId, SCHEMA_VERSION, type NodeProfile, type NodeRecord, type NodeRegistration } from '../model';
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

/** The record after Register; the stored one itself when nothing changes. */
export function registeredNode(
  stored: NodeRecord | undefined,
  { registration, agentCertificateSha256 }: CertifiedRegistration,
  nodeId: string,
  nowMs: number,
): NodeRecord {
  const content = { ...registration, agentCertificateSha256 };
  if (stored === undefined) {
    const birth = { registeredAtMs: nowMs, updatedAtMs: nowMs, revision: 1 };
    return { v: SCHEMA_VERSION, type: 'node', nodeId, ...content, ...birth };
  }
  return changedNode(stored, content, nowMs);
}

/** The record after Update; the stored one itself when nothing changes. */
export function updatedNode(stored: NodeRecord, profile: NodeProfile, nowMs: number): NodeRecord {
  return changedNode(stored, profile, nowMs);
}

function changedNode(stored: NodeRecord, change: Partial<NodeRecord>, nowMs: number): NodeRecord {
  const changed = { ...stored, ...change };
  return sameContent(changed, stored) ? stored : { ...changed, updatedAtMs: nowMs, revision: stored.revision + 1 };
}

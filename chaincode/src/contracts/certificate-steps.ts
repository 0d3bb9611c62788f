import type { Submission } from '../ledger';
import { CertificateHolder, SCHEMA_VERSION, certificateKey, type NodeRecord } from '../model';
import { requireOwnCertificate } from '../rules';

/** Keeps a certificate for the node. @throws BlosmError BLOSM_E_INVALID_ARGUMENT when another one has registered it */
export async function holdCertificate(tx: Submission, nodeId: string, agentCertificateSha256: string): Promise<void> {
  const key = certificateKey(agentCertificateSha256);
  const holder = await tx.state.find(key, CertificateHolder);
  requireOwnCertificate(holder, nodeId);
  if (holder !== undefined) return;
  tx.put(key, CertificateHolder, { v: SCHEMA_VERSION, type: 'certificate', agentCertificateSha256, nodeId });
}

/** Lets the node's present certificate go, unless it is the one to be kept. */
export async function releaseCertificate(
  tx: Submission,
  { nodeId, agentCertificateSha256 }: NodeRecord,
  keptSha256: string | null,
): Promise<void> {
  if (agentCertificateSha256 === keptSha256) return;
  const key = certificateKey(agentCertificateSha256);
  // A node of an earlier release has none, and another may have come first.
  const holder = await tx.state.find(key, CertificateHolder);
  if (holder?.nodeId === nodeId) tx.remove(key);
}

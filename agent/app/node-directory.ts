import type { PeerDirectory } from '../ports/peers';
import type { LedgerCache } from './ledger-cache';

const hexOf = (sha256: string): string => sha256.replace(/^sha256:/, '');

/** Who may speak agent to agent: the certificates that are registered on the ledger, as last read. */
export class NodeDirectory implements PeerDirectory {
  constructor(private readonly cache: LedgerCache) {}

  nodeOfCertificate(sha256Hex: string): string | undefined {
    return this.cache.nodesNow().find((node) => hexOf(node.agentCertificateSha256) === sha256Hex)?.nodeId;
  }

  addressOf(nodeId: string): { agentUrl: string; certificateSha256Hex: string } | undefined {
    const node = this.cache.nodesNow().find((n) => n.nodeId === nodeId);
    if (node === undefined) return undefined;
    return { agentUrl: node.agentUrl, certificateSha256Hex: hexOf(node.agentCertificateSha256) };
  }
}

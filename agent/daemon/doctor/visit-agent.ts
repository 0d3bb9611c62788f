import { BlosmError, type ErrorCode, type NodeRecord } from '../../../chaincode/src/model';
import { connectPeers } from '../../adapters/peers';
import type { AgentLook } from '../../domain/doctor/agents';
import { parseRange, type Introduction } from '../../domain/protocol';
import type { AgentInspection } from '../../ports/inspection';

/** Nobody's migration: asked about it, every agent answers that it knows nothing of it. */
const NOBODYS = 'doctor';

const KINDS: Partial<Record<ErrorCode, 'refuses' | 'other-protocol'>> = {
  BLOSM_E_PEER_REFUSED: 'refuses',
  BLOSM_E_PROTOCOL_VERSION: 'other-protocol',
};

const UNSAID: Introduction = { protocol: parseRange(undefined), release: null };

/**
 * Calls other clusters' agents as this one would, over mutual TLS; asks them what every release answers.
 * @param ownId whose agent this is
 */
export function visitAgent(
  ownId: string,
  identity: () => Promise<{ readonly certificatePem: string; readonly privateKeyPem: string }>,
): AgentInspection {
  return async (node, options): Promise<AgentLook> => {
    const peers = connectPeers({ nodeId: ownId, identity: await identity(), directory: directoryOf(node) });
    const introductionOf = (nodeId: string): Introduction => peers.introductionOf(nodeId) ?? UNSAID;
    try {
      await peers.progress(node.nodeId, NOBODYS, options);
      return { kind: 'answers', ...introductionOf(node.nodeId) };
    } catch (error) {
      const failure = error instanceof Error ? error.message.replace(/^BLOSM_E_\w+: /, '') : String(error);
      const { release } = introductionOf(node.nodeId);
      return { kind: error instanceof BlosmError ? (KINDS[error.code] ?? 'silent') : 'silent', failure, release };
    } finally {
      peers.close();
    }
  };
}

function directoryOf({
  nodeId,
  agentUrl,
  agentCertificateSha256,
}: NodeRecord): Parameters<typeof connectPeers>[0]['directory'] {
  const certificateSha256Hex = agentCertificateSha256.replace(/^sha256:/, '');
  return {
    nodeOfCertificate: (hex) => (hex === certificateSha256Hex ? nodeId : undefined),
    addressOf: (id) => (id === nodeId ? { agentUrl, certificateSha256Hex } : undefined),
  };
}

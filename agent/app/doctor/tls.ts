import { judgeTls } from '../../domain/doctor/certificates';
import { ok, warn, type Finding } from '../../domain/doctor/finding';
import type { NodeEndpoint } from '../../domain/doctor/channel-facts';
import type { Check, Visit } from './check';

/**
 * Peers and orderers, of the connection profile and announced: reached, and their TLS certificates' dates, names and
 * issuers. Needs no ledger: an own peer that cannot be reached is what it explains.
 */
export const tls: Check = {
  name: 'tls',
  needs: 'config',
  run: async (visit) => {
    const inspection = await visit.answers.channel();
    const { endpoints, undiscovered } = await inspection.nodes(visit.call);
    const findings = await Promise.all(endpoints.map((endpoint) => look(visit, endpoint)));
    if (undiscovered === '') return findings;
    const mend =
      'The other nodes are known once the own peer answers with enough endorsers: blosm doctor --only ledger.';
    return [...findings, warn(`the network announces no nodes: ${undiscovered}`, mend)];
  },
};

async function look(visit: Visit, endpoint: NodeEndpoint): Promise<Finding> {
  if (endpoint.tls === null) return ok(`${endpoint.target} has no TLS`, `${endpoint.role} ${endpoint.name}`);
  const seen = await visit.tls(endpoint, visit.call);
  const { asLocalhost } = visit.config.ledger;
  return judgeTls({ endpoint, ...seen, nowMs: visit.nowMs(), asLocalhost });
}

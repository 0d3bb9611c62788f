import { judgeAgent } from '../../domain/doctor/agents';
import { findingsOr, ok } from '../../domain/doctor/finding';
import type { Check } from './check';

/** Every other registered cluster's agent: reached by mutual TLS, and its version. */
export const agents: Check = {
  name: 'agents',
  needs: 'ledger',
  run: async ({ answers, agents: visitAgent, config, version, call }) => {
    const nodes = await answers.registered();
    const others = nodes.filter(({ nodeId }) => nodeId !== config.cluster.mspId);
    const findings = await Promise.all(
      others.map(async (node) =>
        judgeAgent(
          { nodeId: node.nodeId, agentUrl: node.agentUrl, isSuspended: node.state === 'SUSPENDED' },
          await visitAgent(node, call),
          version,
        ),
      ),
    );
    return findingsOr(findings, ok('no other cluster is registered'));
  },
};

import { BlosmError, canonicalJson, NodeProfile } from '../../chaincode/src/model';
import type { AgentContext } from './context';
import type { LedgerCache } from './ledger-cache';

/**
 * Brings the node's record on the ledger up to the configuration.
 * @throws BlosmError BLOSM_E_NOT_REGISTERED until the organisation's admin has registered this agent
 */
export async function announceProfile({ ledger, settings, log }: AgentContext, cache: LedgerCache): Promise<void> {
  const own = (await cache.nodes()).find((node) => node.nodeId === ledger.nodeId);
  if (own === undefined) {
    throw new BlosmError('BLOSM_E_NOT_REGISTERED', `${ledger.nodeId} is not registered on the channel`);
  }
  const registered = NodeProfile.strip().parse(own);
  if (canonicalJson(registered) === canonicalJson(settings.profile)) return;
  await ledger.submit('NodeContract:Update', [settings.profile]);
  log.info({ nodeId: ledger.nodeId }, 'the node record was brought up to the configuration');
}

import { BlosmError, type InstanceRecord } from '../../../chaincode/src/model';
import type { CallOptions } from '../../ports/call';
import type { Agent } from '../agent';
import { orNull } from '../ledger-cache';
import { patienceOf, pollUntil } from './proposed';
import { nameIn } from './views';

/**
 * An operator removes an instance that this cluster owns: requests that run end first, the ledger forgets it, then its
 * container goes. It is decided once it is in the journal: a ledger that cannot be reached delays it.
 * @returns its last record
 * @throws BlosmError BLOSM_E_NOT_FOUND, BLOSM_E_NOT_OWNER, BLOSM_E_MIGRATION_OPEN, BLOSM_E_TIMEOUT
 */
export async function removeInstance(agent: Agent, instanceId: string, options: CallOptions): Promise<InstanceRecord> {
  const { ledger } = agent.context;
  const patience = patienceOf(agent, options);
  const instance = await ledger.query('InstanceContract:Get', [instanceId], options);
  await refuseUnremovable(agent, instance);
  const { epoch } = instance;
  if (agent.journal.factsOf(instanceId).retirement?.epoch !== epoch) {
    await agent.journal.appendFact(instanceId, '', 'retire', { cause: 'operator', epoch });
  }
  agent.lanes.ensure(instanceId);
  const isGone = await pollUntil(agent, patience, async () =>
    (await orNull(ledger.query('InstanceContract:Get', [instanceId], options))) === null ? true : undefined,
  );
  if (isGone !== true) {
    const message = `${instanceId} is still on the ledger; its removal is decided and goes on`;
    throw new BlosmError('BLOSM_E_TIMEOUT', message, { stage: 'remove' });
  }
  return instance;
}

async function refuseUnremovable(agent: Agent, instance: InstanceRecord): Promise<void> {
  const { instanceId, ownerNodeId, openMigrationId } = instance;
  if (ownerNodeId !== agent.context.ledger.nodeId) {
    const owner = nameIn(await agent.cache.nodes(), ownerNodeId);
    throw new BlosmError('BLOSM_E_NOT_OWNER', `${instanceId} belongs to ${owner}: ask its agent`, { stage: 'remove' });
  }
  const intended = agent.journal.factsOf(instanceId).migrations.find(({ closed }) => !closed);
  const migrationId = openMigrationId ?? intended?.migrationId;
  if (migrationId !== undefined) {
    throw new BlosmError('BLOSM_E_MIGRATION_OPEN', `${instanceId} has the open migration ${migrationId}`, {
      stage: 'remove',
    });
  }
}

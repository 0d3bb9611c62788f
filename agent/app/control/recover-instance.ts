import {
  BlosmError,
  type InstanceRecord,
  type InstanceRecovery,
  type RecoverySource,
} from '../../../chaincode/src/model';
import type { CallOptions } from '../../ports/call';
import type { InstanceView } from '../../ports/control';
import type { Agent } from '../agent';
import { containersSeen } from './containers-seen';
import { instanceView } from './views';

/**
 * An operator's word that the old copy is off: this cluster becomes the owner and starts what is left. The copy that it
 * keeps as the source of an unfinished migration comes before the service's image, which holds no state at all.
 * @throws BlosmError of the contract (BLOSM_E_OWNER_ACTIVE, ...), the ledger, the engine or the journal
 */
export async function recoverInstance(
  agent: Agent,
  instanceId: string,
  wanted: RecoverySource | null,
  options: CallOptions,
): Promise<InstanceView> {
  const { ledger } = agent.context;
  const instance = await ledger.query('InstanceContract:Get', [instanceId], options);
  const from = wanted ?? ((await keepsCopy(agent, instance, options)) ? 'copy' : 'image');
  const configDigest = await digestOf(agent, instance, from, options);
  const recovery: InstanceRecovery = { instanceId, epoch: instance.epoch, from, configDigest, acceptLoss: true };
  // What was here before is given up; without this word on the disk it would be kept as the only copy.
  if (from === 'image') await agent.journal.appendFact(instanceId, '', 'creation', { epoch: instance.epoch + 1 });
  const { result } = await ledger.submit('InstanceContract:Recover', [recovery], options);
  agent.lanes.ensure(instanceId);
  return instanceView(result, await agent.cache.nodes(), await containersSeen(agent, options));
}

async function keepsCopy(agent: Agent, instance: InstanceRecord, options: CallOptions): Promise<boolean> {
  const { ledger } = agent.context;
  if (instance.openMigrationId === null) return false;
  const migration = await ledger.query('MigrationContract:Get', [instance.openMigrationId], options);
  return migration.state === 'HANDED_OVER' && migration.sourceNodeId === ledger.nodeId;
}

async function digestOf(
  agent: Agent,
  { instanceId, serviceId }: InstanceRecord,
  from: RecoverySource,
  options: CallOptions,
): Promise<string> {
  const { ledger, engine } = agent.context;
  if (from === 'image') return (await ledger.query('ServiceContract:Get', [serviceId], options)).image.configDigest;
  const containers = await engine.listContainers(ledger.nodeId, options);
  const copy = containers.find((container) => container.instanceId === instanceId);
  if (copy !== undefined) return copy.configDigest;
  throw new BlosmError('BLOSM_E_NOT_FOUND', `this cluster holds no container of ${instanceId}`, { stage: 'recover' });
}

import type { SubmitBody, Submission } from '../ledger';
import {
  InstanceRecord,
  MigrationRecord,
  NodeRecord,
  ServiceRecord,
  instanceKey,
  migrationKey,
  nodeKey,
  serviceKey,
  type EventName,
} from '../model';
import {
  claimedInstance,
  isTakenSo,
  recoveredInstance,
  requireNotCordoned,
  type Orphan,
  type Takeover,
} from '../rules';

export const claim: SubmitBody<'InstanceContract:Claim'> = async (tx, order) => {
  const node = await tx.agent();
  const instance = await tx.state.get(instanceKey(order.instanceId), InstanceRecord);
  if (isTakenSo(instance, order.epoch, node.nodeId)) return instance;
  requireNotCordoned(node);
  const orphan = await orphanOf(tx, instance);
  return write(tx, claimedInstance(orphan, order, node.nodeId, tx.nowMs), 'InstanceClaimed');
};

export const recover: SubmitBody<'InstanceContract:Recover'> = async (tx, order) => {
  const { nodeId } = await tx.agent();
  const instance = await tx.state.get(instanceKey(order.instanceId), InstanceRecord);
  if (isTakenSo(instance, order.epoch, nodeId)) return instance;
  const orphan = await orphanOf(tx, instance);
  return write(tx, recoveredInstance(orphan, order, nodeId, tx.nowMs), 'InstanceRecovered');
};

/** The owner's record is read with it: a renewal that comes first makes the takeover invalid. */
async function orphanOf(tx: Submission, instance: InstanceRecord): Promise<Orphan> {
  const { openMigrationId } = instance;
  return {
    instance,
    service: await tx.state.get(serviceKey(instance.serviceId), ServiceRecord),
    owner: await tx.state.find(nodeKey(instance.ownerNodeId), NodeRecord),
    migration:
      openMigrationId === null ? undefined : await tx.state.get(migrationKey(openMigrationId), MigrationRecord),
  };
}

function write(tx: Submission, { instance, migration }: Takeover, event: EventName): InstanceRecord {
  const { instanceId, serviceId } = instance;
  tx.put(instanceKey(instanceId), InstanceRecord, instance);
  if (migration !== undefined) tx.put(migrationKey(migration.migrationId), MigrationRecord, migration);
  tx.emit(event, { instanceId, serviceId, ...(migration && { migrationId: migration.migrationId }) });
  return instance;
}

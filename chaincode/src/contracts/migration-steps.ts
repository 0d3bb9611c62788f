import type { SubmitBody, Submission } from '../ledger';
import {
  BlosmError,
  Confirmation,
  ContainerMetadata,
  Evaluation,
  InstanceRecord,
  MigrationRecord,
  NodeRecord,
  PrepareRecord,
  confirmationKey,
  evaluationKey,
  instanceKey,
  metadataKey,
  migrationKey,
  nodeKey,
  prepareKey,
  type EventName,
} from '../model';
import {
  abortedMigration,
  completedMigration,
  confirmation,
  handedOver,
  isCompletedBy,
  isHandedOverSo,
  metadataOf,
  preparedRecord,
  proposedMigration,
  requireActive,
  requireSameCompletion,
  requireSamePreparation,
  requireSameProposal,
  requireSource,
  sharedMetadata,
  type MigrationStep,
} from '../rules';

export const propose: SubmitBody<'MigrationContract:Propose'> = async (tx, proposal) => {
  const { nodeId } = await tx.agent();
  const { migrationId, instanceId } = proposal;
  const stored = await tx.state.find(migrationKey(migrationId), MigrationRecord);
  if (stored !== undefined) {
    const metadata = await tx.state.get(metadataKey(migrationId), ContainerMetadata);
    requireSameProposal(stored, metadata, proposal, nodeId);
    return stored;
  }
  if ((await tx.state.find(metadataKey(migrationId), ContainerMetadata)) !== undefined) {
    throw new BlosmError('BLOSM_E_CONFLICT', `migrationId: metadata ${migrationId} exists already`);
  }
  const instance = await tx.state.get(instanceKey(instanceId), InstanceRecord);
  const step = proposedMigration(instance, proposal, nodeId, tx.nowMs);
  if (proposal.requestedDestination !== null) await requireActiveNode(tx, proposal.requestedDestination);
  tx.put(metadataKey(migrationId), ContainerMetadata, sharedMetadata(metadataOf(proposal), nodeId, tx.nowMs));
  tx.put(confirmationKey(migrationId, nodeId), Confirmation, confirmation(migrationId, nodeId, tx.nowMs));
  return write(tx, step, 'MigrationProposed');
};

export const prepare: SubmitBody<'MigrationContract:Prepare'> = async (tx, preparation) => {
  const { nodeId } = await tx.agent();
  const { migrationId } = preparation;
  const migration = await tx.state.get(migrationKey(migrationId), MigrationRecord);
  const stored = await tx.state.find(prepareKey(migrationId, nodeId), PrepareRecord);
  if (stored !== undefined) {
    requireSamePreparation(stored, preparation);
    return stored;
  }
  const evaluation = await tx.state.find(evaluationKey(migrationId, nodeId), Evaluation);
  const record = preparedRecord(migration, evaluation, preparation, nodeId, tx.nowMs);
  tx.put(prepareKey(migrationId, nodeId), PrepareRecord, record);
  tx.emit('MigrationPrepared', { migrationId, instanceId: migration.instanceId });
  return record;
};

export const handOver: SubmitBody<'MigrationContract:HandOver'> = async (tx, order) => {
  const { nodeId } = await tx.agent();
  const { migrationId, destinationNodeId } = order;
  const migration = await tx.state.get(migrationKey(migrationId), MigrationRecord);
  if (isHandedOverSo(migration, order, nodeId)) return migration;
  const instance = await instanceOf(tx, migration);
  const prepared = await tx.state.find(prepareKey(migrationId, destinationNodeId), PrepareRecord);
  await requireActiveNode(tx, destinationNodeId);
  return write(tx, handedOver({ migration, instance }, prepared, order, nodeId, tx.nowMs), 'MigrationHandedOver');
};

export const complete: SubmitBody<'MigrationContract:Complete'> = async (tx, completion) => {
  const { nodeId } = await tx.agent();
  const migration = await tx.state.get(migrationKey(completion.migrationId), MigrationRecord);
  if (isCompletedBy(migration, nodeId)) {
    const present = await tx.state.find(instanceKey(migration.instanceId), InstanceRecord);
    requireSameCompletion(migration, present, completion);
    return migration;
  }
  const instance = await instanceOf(tx, migration);
  return write(tx, completedMigration({ migration, instance }, completion, nodeId, tx.nowMs), 'MigrationCompleted');
};

/** Asked again, an aborted migration stays as it is: the first reason stands. */
export const abort: SubmitBody<'MigrationContract:Abort'> = async (tx, order) => {
  const { nodeId } = await tx.agent();
  const migration = await tx.state.get(migrationKey(order.migrationId), MigrationRecord);
  requireSource(migration, nodeId);
  if (migration.state === 'ABORTED') return migration;
  const instance = await instanceOf(tx, migration);
  return write(tx, abortedMigration({ migration, instance }, order, nodeId, tx.nowMs), 'MigrationAborted');
};

async function requireActiveNode(tx: Submission, nodeId: string): Promise<void> {
  requireActive(nodeId, await tx.state.find(nodeKey(nodeId), NodeRecord));
}

function instanceOf(tx: Submission, migration: MigrationRecord): Promise<InstanceRecord> {
  return tx.state.get(instanceKey(migration.instanceId), InstanceRecord);
}

/** The migration and its instance change together. */
function write(tx: Submission, { migration, instance }: MigrationStep, event: EventName): MigrationRecord {
  const { migrationId, instanceId, serviceId } = migration;
  tx.put(migrationKey(migrationId), MigrationRecord, migration);
  tx.put(instanceKey(instanceId), InstanceRecord, instance);
  const metadata = event === 'MigrationProposed' ? { metadataIds: [migrationId] } : {};
  tx.emit(event, { migrationId, instanceId, serviceId, ...metadata });
  return migration;
}

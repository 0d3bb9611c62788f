import {
  BlosmError,
  SCHEMA_VERSION,
  type Evaluation,
  type InstanceRecord,
  type MigrationCompletion,
  type MigrationHandOver,
  type MigrationPreparation,
  type MigrationRecord,
  type PrepareRecord,
} from '../model';
import { requireEpoch, requireOwner, withRenewedToken } from './instance';
import { requireInTime, requireSource, stateAfter, type MigrationStep } from './migration';
import { requireSame } from './same-content';

/**
 * Commit 3, by the node that the owner picked. It reads the migration and writes only its own key.
 * @throws BlosmError BLOSM_E_WRONG_STATE, BLOSM_E_DEADLINE_PASSED, BLOSM_E_FORBIDDEN, BLOSM_E_NOT_OFFERED,
 * BLOSM_E_DIGEST_MISMATCH
 */
export function preparedRecord(
  migration: MigrationRecord,
  evaluation: Evaluation | undefined,
  preparation: MigrationPreparation,
  nodeId: string,
  nowMs: number,
): PrepareRecord {
  stateAfter(migration, 'HandOver');
  requireInTime(migration, nowMs);
  requireDestination(migration, nodeId);
  if (evaluation?.verdict !== true) {
    throw new BlosmError('BLOSM_E_NOT_OFFERED', `${nodeId} has not evaluated ${migration.migrationId} as true`);
  }
  requireDigest('specSha256', preparation.specSha256, migration.specSha256);
  return prepareRecord(preparation, nodeId, nowMs);
}

function prepareRecord(preparation: MigrationPreparation, nodeId: string, nowMs: number): PrepareRecord {
  return { v: SCHEMA_VERSION, type: 'prepare', ...preparation, nodeId, preparedAtMs: nowMs };
}

/** @throws BlosmError BLOSM_E_CONFLICT when the node prepared something else */
export function requireSamePreparation(stored: PrepareRecord, preparation: MigrationPreparation): void {
  const again = prepareRecord(preparation, stored.nodeId, stored.preparedAtMs);
  requireSame(`the preparation of ${stored.migrationId} by ${stored.nodeId}`, stored, again);
}

function requireDestination(migration: MigrationRecord, nodeId: string): void {
  if (migration.sourceNodeId === nodeId) {
    throw new BlosmError('BLOSM_E_FORBIDDEN', `${nodeId} is the source of ${migration.migrationId}`);
  }
  const requested = migration.requestedDestination;
  if (requested !== null && requested !== nodeId) {
    throw new BlosmError('BLOSM_E_FORBIDDEN', `only ${requested} may prepare ${migration.migrationId}`);
  }
}

function requireDigest(field: string, given: string, agreed: string): void {
  if (given !== agreed) {
    throw new BlosmError('BLOSM_E_DIGEST_MISMATCH', `${field}: ${given} is given, ${agreed} was agreed`);
  }
}

/**
 * Commit 4: the owner and the epoch change in one write.
 * @throws BlosmError BLOSM_E_NOT_OWNER, BLOSM_E_WRONG_STATE, BLOSM_E_STALE_EPOCH, BLOSM_E_DEADLINE_PASSED,
 * BLOSM_E_NOT_PREPARED, BLOSM_E_DIGEST_MISMATCH
 */
export function handedOver(
  { migration, instance }: MigrationStep,
  prepare: PrepareRecord | undefined,
  handOver: MigrationHandOver,
  nodeId: string,
  nowMs: number,
): MigrationStep {
  requireSource(migration, nodeId);
  const state = stateAfter(migration, 'HandOver');
  requireOwner(instance, nodeId);
  requireEpoch(instance, handOver.epoch);
  requireInTime(migration, nowMs);
  const { destinationNodeId, configDigest } = handOver;
  if (prepare === undefined) {
    throw new BlosmError('BLOSM_E_NOT_PREPARED', `${destinationNodeId} has not prepared ${migration.migrationId}`);
  }
  requireDigest('configDigest', configDigest, prepare.configDigest);
  requireDigest('specSha256', handOver.specSha256, prepare.specSha256);
  return {
    migration: { ...migration, state, destinationNodeId, configDigest, handedOverAtMs: nowMs },
    instance: {
      ...instance,
      ownerNodeId: destinationNodeId,
      epoch: instance.epoch + 1,
      configDigest,
      recoveredFrom: null,
      updatedAtMs: nowMs,
    },
  };
}

/** True when the source asks again for the hand-over that has already happened. */
export function isHandedOverSo(migration: MigrationRecord, handOver: MigrationHandOver, nodeId: string): boolean {
  if (migration.handedOverAtMs === null || migration.sourceNodeId !== nodeId) return false;
  const { migrationId, epoch, destinationNodeId, configDigest, specSha256 } = migration;
  requireSame(
    `the hand-over of ${migrationId}`,
    { migrationId, epoch, destinationNodeId, configDigest, specSha256 },
    handOver,
  );
  return true;
}

/**
 * The new owner routes to its copy: nothing of the migration is open any more.
 * @throws BlosmError BLOSM_E_NOT_OWNER, BLOSM_E_WRONG_STATE
 */
export function completedMigration(
  { migration, instance }: MigrationStep,
  completion: MigrationCompletion,
  nodeId: string,
  nowMs: number,
): MigrationStep {
  const state = stateAfter(migration, 'Complete');
  requireOwner(instance, nodeId);
  return {
    migration: { ...migration, state, completedAtMs: nowMs },
    instance: { ...withRenewedToken(instance, completion.tokenSha256), openMigrationId: null, updatedAtMs: nowMs },
  };
}

/** True when this node has completed the migration already. */
export function isCompletedBy(migration: MigrationRecord, nodeId: string): boolean {
  return migration.completedAtMs !== null && migration.destinationNodeId === nodeId;
}

/**
 * The migration's record does not keep the token, so a retry with another one is told only as long as the instance has
 * not moved on.
 * @throws BlosmError BLOSM_E_CONFLICT
 */
export function requireSameCompletion(
  migration: MigrationRecord,
  instance: InstanceRecord | undefined,
  completion: MigrationCompletion,
): void {
  if (completion.tokenSha256 === null || instance?.epoch !== migration.epoch + 1) return;
  requireSame(`the completion of ${migration.migrationId}`, instance.tokenSha256, completion.tokenSha256);
}

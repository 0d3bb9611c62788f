import {
  BlosmError,
  INSTANCE_VERSION,
  type InstanceCreation,
  type InstanceRecord,
  type InstanceRemoval,
  type ServiceRecord,
} from '../model';
import { requireSame } from './same-content';

/** A new instance runs what its service's record says. */
export function createdInstance(
  creation: InstanceCreation,
  service: ServiceRecord,
  nodeId: string,
  nowMs: number,
): InstanceRecord {
  return {
    v: INSTANCE_VERSION,
    type: 'instance',
    ...creation,
    ownerNodeId: nodeId,
    epoch: 1,
    previousTokenSha256: null,
    configDigest: service.image.configDigest,
    specSha256: service.specSha256,
    openMigrationId: null,
    recoveredFrom: null,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
}

/** @throws BlosmError BLOSM_E_CONFLICT when the stored instance is not one that this node has just created so */
export function requireSameInstance(stored: InstanceRecord, creation: InstanceCreation, nodeId: string): void {
  const { instanceId, serviceId, tokenSha256, ownerNodeId, epoch } = stored;
  requireSame(
    `instance ${creation.instanceId}`,
    { instanceId, serviceId, tokenSha256, ownerNodeId, epoch },
    { ...creation, ownerNodeId: nodeId, epoch: 1 },
  );
}

/** @throws BlosmError BLOSM_E_NOT_OWNER */
export function requireOwner(instance: InstanceRecord, nodeId: string): void {
  if (instance.ownerNodeId !== nodeId) {
    throw new BlosmError(
      'BLOSM_E_NOT_OWNER',
      `instance ${instance.instanceId} belongs to ${instance.ownerNodeId}, not to ${nodeId}`,
    );
  }
}

/** @throws BlosmError BLOSM_E_STALE_EPOCH */
export function requireEpoch(instance: InstanceRecord, epoch: number): void {
  if (instance.epoch !== epoch) {
    throw new BlosmError(
      'BLOSM_E_STALE_EPOCH',
      `instance ${instance.instanceId} is at epoch ${instance.epoch}, not ${epoch}`,
    );
  }
}

/** @throws BlosmError BLOSM_E_MIGRATION_OPEN */
export function requireNoOpenMigration(instance: InstanceRecord): void {
  if (instance.openMigrationId !== null) {
    throw new BlosmError(
      'BLOSM_E_MIGRATION_OPEN',
      `instance ${instance.instanceId} has the open migration ${instance.openMigrationId}`,
    );
  }
}

/** The record of an instance at its end. */
export function removedInstance(
  instance: InstanceRecord,
  removal: InstanceRemoval,
  nodeId: string,
  nowMs: number,
): InstanceRecord {
  requireOwner(instance, nodeId);
  requireEpoch(instance, removal.epoch);
  requireNoOpenMigration(instance);
  return { ...instance, updatedAtMs: nowMs };
}

/** @throws BlosmError when the instance was removed by another node or at another epoch */
export function requireSameRemoval(removed: InstanceRecord, removal: InstanceRemoval, nodeId: string): void {
  requireOwner(removed, nodeId);
  requireEpoch(removed, removal.epoch);
}

/** The record when it has a new secret: the old one holds until the first use of the new one. */
export function withRenewedToken(instance: InstanceRecord, tokenSha256: string | null): InstanceRecord {
  if (tokenSha256 === null || tokenSha256 === instance.tokenSha256) return instance;
  return { ...instance, tokenSha256, previousTokenSha256: instance.tokenSha256 };
}

import {
  BlosmError,
  type InstanceClaim,
  type InstanceRecord,
  type InstanceRecovery,
  type MigrationAction,
  type MigrationRecord,
  type NodeRecord,
  type ServiceRecord,
} from '../model';
import { requireEpoch } from './instance';
import { stateAfter } from './migration';

/** An instance whose owner is gone, and what is known of it. */
export interface Orphan {
  readonly instance: InstanceRecord;
  readonly service: ServiceRecord;
  readonly owner: NodeRecord | undefined;
  /** The open migration; undefined: none. */
  readonly migration: MigrationRecord | undefined;
}

/** The instance under its new owner, and its migration when one was open. */
export interface Takeover {
  readonly instance: InstanceRecord;
  readonly migration: MigrationRecord | undefined;
}

/** True when this node took it over at this epoch: a retry changes nothing. */
export function isTakenSo(instance: InstanceRecord, epoch: number, nodeId: string): boolean {
  return instance.ownerNodeId === nodeId && instance.epoch === epoch + 1;
}

/**
 * A stateless instance goes to whoever asks first while its owner is suspended: it starts anew from the service's image.
 * @throws BlosmError BLOSM_E_STALE_EPOCH, BLOSM_E_OWNER_ACTIVE, BLOSM_E_HAS_STATE
 */
export function claimedInstance(orphan: Orphan, { epoch }: InstanceClaim, nodeId: string, nowMs: number): Takeover {
  const { instance, service } = orphan;
  requireEpoch(instance, epoch);
  requireSuspendedOwner(orphan);
  if (service.state !== 'none') {
    throw new BlosmError('BLOSM_E_HAS_STATE', `instance ${instance.instanceId} keeps ${service.state}`);
  }
  const { configDigest } = service.image;
  return takenOver(orphan, { ...instance, configDigest, recoveredFrom: null }, 'Claim', nodeId, nowMs);
}

/**
 * An instance with state, by an operator's word: what the old copy held since is lost. By the owner itself, when its
 * copy is lost, or by others while the owner is suspended.
 * @throws BlosmError BLOSM_E_STALE_EPOCH, BLOSM_E_OWNER_ACTIVE, BLOSM_E_FORBIDDEN, BLOSM_E_DIGEST_MISMATCH
 */
export function recoveredInstance(orphan: Orphan, recovery: InstanceRecovery, nodeId: string, nowMs: number): Takeover {
  const { instance } = orphan;
  requireEpoch(instance, recovery.epoch);
  if (instance.ownerNodeId !== nodeId) requireSuspendedOwner(orphan);
  requireRecoverable(orphan, recovery, nodeId);
  const { configDigest, from } = recovery;
  return takenOver(orphan, { ...instance, configDigest, recoveredFrom: from }, 'Recover', nodeId, nowMs);
}

function requireRecoverable(
  { instance, service, migration }: Orphan,
  recovery: InstanceRecovery,
  nodeId: string,
): void {
  const { from, configDigest } = recovery;
  if (from === 'copy') {
    if (migration?.state === 'HANDED_OVER' && migration.sourceNodeId === nodeId) return;
    throw new BlosmError(
      'BLOSM_E_FORBIDDEN',
      `${nodeId} keeps no copy of ${instance.instanceId}: only the source of a migration that is not completed does`,
    );
  }
  if (configDigest !== service.image.configDigest) {
    throw new BlosmError(
      'BLOSM_E_DIGEST_MISMATCH',
      `configDigest: ${configDigest} is given, the service's image is ${service.image.configDigest}`,
    );
  }
}

function requireSuspendedOwner({ instance, owner }: Orphan): void {
  // A node cannot leave while it owns an instance: one that is not there has been taken away by force.
  if (owner?.state === 'ACTIVE') {
    throw new BlosmError('BLOSM_E_OWNER_ACTIVE', `${instance.ownerNodeId} owns ${instance.instanceId} and is active`);
  }
}

function takenOver(
  { migration }: Orphan,
  instance: InstanceRecord,
  action: Extract<MigrationAction, 'Claim' | 'Recover'>,
  nodeId: string,
  nowMs: number,
): Takeover {
  return {
    instance: {
      ...instance,
      ownerNodeId: nodeId,
      epoch: instance.epoch + 1,
      openMigrationId: null,
      updatedAtMs: nowMs,
    },
    migration: migration && {
      ...migration,
      state: stateAfter(migration, action),
      superseded: { nodeId, action, atMs: nowMs },
    },
  };
}

import {
  BlosmError,
  MIGRATION_VERSION,
  nextState,
  type ContainerMetadata,
  type InstanceRecord,
  type MetadataShare,
  type MigrationAbort,
  type MigrationAction,
  type MigrationProposal,
  type MigrationRecord,
  type MigrationState,
} from '../model';
import { requireEpoch, requireNoOpenMigration, requireOwner } from './instance';
import { requireSame } from './same-content';

/** The furthest that a migration's deadline may lie ahead, in milliseconds: a day. */
export const MAX_MIGRATION_MS = 24 * 60 * 60 * 1000;

/** A migration and its instance after one step. */
export interface MigrationStep {
  readonly migration: MigrationRecord;
  readonly instance: InstanceRecord;
}

/** The container metadata that a proposal carries; it has the migration's id. */
export function metadataOf(proposal: MigrationProposal): MetadataShare {
  return { metadataId: proposal.migrationId, instanceId: proposal.instanceId, container: proposal.container };
}

/**
 * Commit 1.
 * @throws BlosmError BLOSM_E_NOT_OWNER, BLOSM_E_STALE_EPOCH, BLOSM_E_MIGRATION_OPEN, BLOSM_E_INVALID_ARGUMENT
 */
export function proposedMigration(
  instance: InstanceRecord,
  proposal: MigrationProposal,
  nodeId: string,
  nowMs: number,
): MigrationStep {
  requireOwner(instance, nodeId);
  requireEpoch(instance, proposal.epoch);
  requireNoOpenMigration(instance);
  requireDeadlineAhead(proposal.deadlineMs, nowMs);
  if (proposal.requestedDestination === nodeId) {
    throw new BlosmError('BLOSM_E_INVALID_ARGUMENT', 'requestedDestination: it is the source itself');
  }
  return {
    migration: migrationOf(proposal, instance, nowMs),
    instance: { ...instance, openMigrationId: proposal.migrationId, updatedAtMs: nowMs },
  };
}

function requireDeadlineAhead(deadlineMs: number, nowMs: number): void {
  const aheadMs = deadlineMs - nowMs;
  if (aheadMs <= 0) throw new BlosmError('BLOSM_E_INVALID_ARGUMENT', 'deadlineMs: it has passed');
  if (aheadMs > MAX_MIGRATION_MS) {
    throw new BlosmError('BLOSM_E_INVALID_ARGUMENT', 'deadlineMs: more than 24 hours ahead');
  }
}

function migrationOf(proposal: MigrationProposal, instance: InstanceRecord, nowMs: number): MigrationRecord {
  return {
    v: MIGRATION_VERSION,
    type: 'migration',
    migrationId: proposal.migrationId,
    instanceId: proposal.instanceId,
    serviceId: instance.serviceId,
    sourceNodeId: instance.ownerNodeId,
    epoch: proposal.epoch,
    strategy: proposal.strategy,
    trigger: proposal.trigger,
    requestedDestination: proposal.requestedDestination,
    state: 'PROPOSED',
    deadlineMs: proposal.deadlineMs,
    proposedAtMs: nowMs,
    destinationNodeId: null,
    configDigest: null,
    specSha256: instance.specSha256,
    handedOverAtMs: null,
    completedAtMs: null,
    abort: null,
    superseded: null,
  };
}

/** @throws BlosmError BLOSM_E_CONFLICT when the stored migration did not begin with this proposal by this node */
export function requireSameProposal(
  stored: MigrationRecord,
  metadata: ContainerMetadata,
  proposal: MigrationProposal,
  nodeId: string,
): void {
  const { migrationId, instanceId, epoch, strategy, trigger, requestedDestination, deadlineMs } = stored;
  requireSame(
    `migration ${migrationId}`,
    {
      migrationId,
      instanceId,
      epoch,
      strategy,
      trigger,
      requestedDestination,
      deadlineMs,
      container: metadata.container,
      sourceNodeId: stored.sourceNodeId,
    },
    { ...proposal, sourceNodeId: nodeId },
  );
}

/** @throws BlosmError BLOSM_E_NOT_OWNER */
export function requireSource(migration: MigrationRecord, nodeId: string): void {
  if (migration.sourceNodeId !== nodeId) {
    throw new BlosmError(
      'BLOSM_E_NOT_OWNER',
      `migration ${migration.migrationId} is of ${migration.sourceNodeId}, not of ${nodeId}`,
    );
  }
}

/**
 * The state that an action leads to, by the one table.
 * @throws BlosmError BLOSM_E_WRONG_STATE
 */
export function stateAfter(migration: MigrationRecord, action: MigrationAction): MigrationState {
  const state = nextState(migration.state, action);
  if (state === undefined) {
    throw new BlosmError(
      'BLOSM_E_WRONG_STATE',
      `migration ${migration.migrationId} is ${migration.state}: no ${action}`,
    );
  }
  return state;
}

/** @throws BlosmError BLOSM_E_DEADLINE_PASSED */
export function requireInTime(migration: MigrationRecord, nowMs: number): void {
  if (nowMs > migration.deadlineMs) {
    throw new BlosmError('BLOSM_E_DEADLINE_PASSED', `the deadline of migration ${migration.migrationId} has passed`);
  }
}

/** The source gives up: the instance stays where it is. */
export function abortedMigration(
  { migration, instance }: MigrationStep,
  abort: MigrationAbort,
  nodeId: string,
  nowMs: number,
): MigrationStep {
  requireSource(migration, nodeId);
  const state = stateAfter(migration, 'Abort');
  return {
    migration: { ...migration, state, abort: { stage: abort.stage, reason: abort.reason, atMs: nowMs } },
    instance: { ...instance, openMigrationId: null, updatedAtMs: nowMs },
  };
}

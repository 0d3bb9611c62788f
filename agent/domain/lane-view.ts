import type {
  Confirmation,
  Evaluation,
  InstanceRecord,
  MigrationRecord,
  NodeRecord,
  Position,
  PrepareRecord,
  RunSpec,
  ServiceRecord,
} from '../../chaincode/src/model';
import type { ContainerObservation } from './container';
import type { InstanceFacts, MigrationFacts } from './facts';
import { noFacts } from './facts';
import type { CommitSighting, ConfirmationSource } from './quorum';
import type { StepName } from './steps';

/** The last failure of a step that the plan names again. */
export interface Trouble {
  readonly step: StepName;
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly attempts: number;
  readonly lastAtMs: number;
}

/** The open (or not yet cleaned up) migration with all its records. */
export interface MigrationView {
  readonly record: MigrationRecord;
  readonly confirmations: readonly Confirmation[];
  /** Which peers have committed the Propose, as far as is known; empty where the records count. */
  readonly commits: readonly CommitSighting[];
  readonly evaluations: readonly Evaluation[];
  readonly prepares: readonly PrepareRecord[];
}

export interface PlanSettings {
  readonly decisionMs: number;
  /** By what a node counts as confirming. */
  readonly confirmationSource: ConfirmationSource;
  /** How often a passing failure is tried before the migration is aborted. */
  readonly maxAttempts: number;
}

/** Everything the planner sees of one instance: ledger, engine, journal, clock. */
export interface LaneView {
  readonly nowMs: number;
  readonly me: string;
  /** False until the own peer's height has reached the orderer's newest block since the agent started. */
  readonly fresh: boolean;
  readonly settings: PlanSettings;
  readonly instance: InstanceRecord | null;
  readonly service: ServiceRecord | null;
  /** Null: no other agent could give it yet. */
  readonly spec: RunSpec | null;
  readonly migration: MigrationView | null;
  readonly nodes: readonly NodeRecord[];
  readonly position: Position | null;
  readonly containers: readonly ContainerObservation[];
  /** Containers that have answered their health check since they were started. */
  readonly healthy: ReadonlySet<string>;
  /** Config digests of the images that the engine holds. */
  readonly imagesHeld: ReadonlySet<string>;
  readonly facts: InstanceFacts;
  /** Of the migrations in the facts, those that the ledger shows in a terminal state. */
  readonly endedMigrations: ReadonlySet<string>;
  readonly trouble: Trouble | null;
  /** Since when no request has been for it, in milliseconds since 1970; null: one is being answered or waits. */
  readonly idleSinceMs: number | null;
  /** The door is shut for a moment, until it is on the disk that the instance is removed. */
  readonly shut: boolean;
}

export function factsOf(view: LaneView, migrationId: string): MigrationFacts {
  return view.facts.migrations.find((m) => m.migrationId === migrationId) ?? noFacts(migrationId);
}

/** The container that counts: of those that run what the ledger names the newest. All others are leftovers. */
export function currentContainer(view: LaneView): ContainerObservation | undefined {
  const isOther = (c: ContainerObservation): number => (c.configDigest === view.instance?.configDigest ? 0 : 1);
  return [...view.containers].sort((a, b) => isOther(a) - isOther(b) || b.createdAtMs - a.createdAtMs)[0];
}

/**
 * An operator recovered it here from its service's image, and no container was created for that yet. Whether one was only
 * the journal can tell: without its word what is here may be the only copy.
 */
export function beginsAnew({ instance, facts, service }: LaneView): boolean {
  // A shared container is nobody's life: the others go on in it.
  if (service?.tenancy === 'shared') return false;
  if (instance?.recoveredFrom !== 'image') return false;
  return facts.expectedAtEpoch === instance.epoch && facts.createdAtEpoch !== instance.epoch;
}

/**
 * The source's journal has lost that the instance was closed for this migration: somebody has prepared the copy that was
 * made of it then. A hand-over may be on its way, so until the migration has ended nothing may be written here. A shared
 * container is not closed.
 */
export function hasForgotten(view: LaneView, { record, prepares }: MigrationView): boolean {
  if (view.service?.tenancy === 'shared' || prepares.length === 0) return false;
  return !factsOf(view, record.migrationId).drainBegun;
}

/**
 * Whether this node is to take over: the source has picked it, or it has prepared, which the ledger still knows when the
 * journal does not; and it has not given up.
 */
export function isDestination({ me, facts }: Pick<LaneView, 'me' | 'facts'>, migration: MigrationView | null): boolean {
  if (migration?.record.state !== 'PROPOSED') return false;
  const known = facts.migrations.find((m) => m.migrationId === migration.record.migrationId);
  const isPicked = known?.order != null || migration.prepares.some(({ nodeId }) => nodeId === me);
  return isPicked && known?.failure == null;
}

/** Whether its container is to be on this node: it is the owner, or the destination. */
export function belongsHere({
  me,
  instance,
  migration,
  facts,
}: Pick<LaneView, 'me' | 'instance' | 'migration' | 'facts'>): boolean {
  if (instance === null) return false;
  return instance.ownerNodeId === me || isDestination({ me, facts }, migration);
}

export function nodeName(view: LaneView, nodeId: string): string {
  return view.nodes.find((node) => node.nodeId === nodeId)?.name ?? nodeId;
}

import type { InstanceRecord, NodeRecord, RunSpec, ServiceRecord } from '../../chaincode/src/model';
import { BlosmError, canonicalJson, isTerminal } from '../../chaincode/src/model';
import { noFacts, type InstanceFacts } from '../domain/facts';
import { isShared, type ContainerObservation } from '../domain/container';
import { activeNodes } from '../domain/lease';
import { belongsHere, type LaneView, type MigrationView } from '../domain/lane-view';
import type { ImageObservation } from '../ports/engine';
import type { AgentContext } from './context';
import type { InstanceJournal } from './instance-journal';
import { orNull, type LedgerCache } from './ledger-cache';
import { ProposalCommits } from './proposal-commits';
import type { SharedContainers } from './shared-containers';
import type { SpecLibrary } from './spec-library';

/** A passing failure is tried so often before the migration is given up. */
const MAX_ATTEMPTS = 4;

/** So often are records read again that changed between two reads. */
const MAX_READS = 5;

/** What the lane itself remembers; the rest is read anew each time. */
export type LaneMemory = Pick<LaneView, 'position' | 'healthy' | 'trouble' | 'fresh' | 'idleSinceMs' | 'shut'>;

interface LedgerLook {
  readonly instance: InstanceRecord | null;
  readonly migration: MigrationView | null;
  readonly nodes: readonly NodeRecord[];
}

interface ContainerLook {
  readonly instanceId: string;
  readonly service: ServiceRecord | null;
  readonly migration: MigrationView | null;
  readonly listed: readonly ContainerObservation[];
  readonly isUser: boolean;
  readonly isAnswering: boolean;
}

/** Reads ledger, engine and journal for one instance. */
export class LaneObserver {
  /** Who is waited for where commits count. */
  readonly proposals: ProposalCommits;

  constructor(
    private readonly context: AgentContext,
    private readonly cache: LedgerCache,
    private readonly journal: InstanceJournal,
    private readonly specs: SpecLibrary,
    private readonly shared: SharedContainers,
  ) {
    this.proposals = new ProposalCommits(context);
  }

  /**
   * @param isAnswering requests of the instance are being answered by its container here
   * @throws BlosmError of the ledger or the engine
   */
  async observe(instanceId: string, memory: LaneMemory, isAnswering: boolean): Promise<LaneView> {
    const { ledger, engine, clock, settings } = this.context;
    const facts = this.journal.factsOf(instanceId);
    const [{ instance, migration, nodes }, listed, images] = await Promise.all([
      this.ledgerOrMemory(instanceId, facts, memory.fresh),
      engine.listContainers(ledger.nodeId),
      engine.listImages(),
    ]);
    const [endedMigrations, service] = await Promise.all([
      this.endedMigrations(facts, instance?.openMigrationId ?? null),
      instance === null ? null : this.cache.service(instance.serviceId),
    ]);
    const me = ledger.nodeId;
    const isUser = belongsHere({ me, instance, migration, facts });
    const containers = await this.containersOf({ instanceId, service, migration, listed, isUser, isAnswering });
    return {
      nowMs: clock.nowMs(),
      me,
      settings: {
        decisionMs: settings.decisionMs,
        confirmationSource: settings.confirmationSource,
        maxAttempts: MAX_ATTEMPTS,
      },
      instance,
      service,
      spec: isUser ? await this.neededSpec(instance, service, nodes) : this.knownSpec(instance),
      migration,
      nodes,
      containers,
      imagesHeld: new Set(images.map((image: ImageObservation) => image.configDigest)),
      facts,
      endedMigrations,
      ...memory,
    };
  }

  /** Its own, or the one that its service's instances share here. */
  private async containersOf(look: ContainerLook): Promise<ContainerObservation[]> {
    const { instanceId, service, migration, listed, isUser, isAnswering } = look;
    // Of an instance that is gone nobody knows the service but those whose container it used.
    const serviceId = service?.tenancy === 'shared' ? service.serviceId : this.shared.serviceOf(instanceId);
    if (serviceId === undefined) return listed.filter((c) => !isShared(c) && c.instanceId === instanceId);
    const { sourceNodeId, migrationId = '' } = { ...migration?.record };
    const isArriving = sourceNodeId !== undefined && sourceNodeId !== this.context.ledger.nodeId;
    return this.shared.seenBy({
      ...{ instanceId, serviceId, isUser, isAnswering, listed },
      migrationId: isArriving ? migrationId : '',
    });
  }

  /**
   * While the peer cannot be asked after a start, what it last said of an instance without state, unless a migration of
   * it was under way: that one may be served without a fresh view (design, section 8).
   */
  private async ledgerOrMemory(instanceId: string, facts: InstanceFacts, isFresh: boolean): Promise<LedgerLook> {
    try {
      const [view, nodes] = await Promise.all([this.ledgerView(instanceId, facts), this.cache.nodes()]);
      return { ...view, nodes };
    } catch (error) {
      const instance = isFresh ? undefined : this.cache.remembered(instanceId);
      if (!(error instanceof BlosmError) || !error.retryable || instance === undefined) throw error;
      const service = await this.cache.service(instance.serviceId);
      const isMoving = instance.openMigrationId !== null || facts.migrations.some(({ closed }) => !closed);
      if (service?.state !== 'none' || isMoving) throw error;
      return { instance, migration: null, nodes: [] };
    }
  }

  /**
   * The instance and its open migration as they were at one moment: a commit between the two reads would show a
   * hand-over in the one record and not in the other.
   * @throws BlosmError BLOSM_E_LEDGER_INVALIDATED when they never stood still
   */
  private async ledgerView(
    instanceId: string,
    facts: InstanceFacts,
  ): Promise<{ instance: InstanceRecord | null; migration: MigrationView | null }> {
    let instance = await this.cache.readInstance(instanceId);
    for (let attempt = 1; attempt <= MAX_READS; attempt += 1) {
      const openId = instance?.openMigrationId ?? null;
      if (openId === null) {
        this.proposals.forget(instanceId);
        return { instance, migration: null };
      }
      const migration = await this.migrationView(openId, facts);
      const again = await this.cache.readInstance(instanceId);
      if (canonicalJson(again) === canonicalJson(instance)) return { instance, migration };
      instance = again;
    }
    throw new BlosmError('BLOSM_E_LEDGER_INVALIDATED', `${instanceId} changed while it was read`, { stage: 'look' });
  }

  private async migrationView(migrationId: string, facts: InstanceFacts): Promise<MigrationView> {
    const { ledger } = this.context;
    const [record, confirmations, evaluations, prepares] = await Promise.all([
      ledger.query('MigrationContract:Get', [migrationId]),
      ledger.query('ConfirmationContract:List', [migrationId]),
      ledger.query('EvaluationContract:List', [migrationId]),
      ledger.query('MigrationContract:Prepares', [migrationId]),
    ]);
    const known = facts.migrations.find((m) => m.migrationId === migrationId) ?? noFacts(migrationId);
    const commits = await this.proposals.commitsOf(record, known);
    return { record, confirmations, commits, evaluations, prepares };
  }

  private async endedMigrations(facts: InstanceFacts, openId: string | null): Promise<ReadonlySet<string>> {
    const ids = facts.migrations.filter((m) => !m.closed && m.migrationId !== openId).map((m) => m.migrationId);
    const records = await Promise.all(
      ids.map((id) => orNull(this.context.ledger.query('MigrationContract:Get', [id]))),
    );
    return new Set(
      records.flatMap((record) => (record !== null && isTerminal(record.state) ? [record.migrationId] : [])),
    );
  }

  private knownSpec(instance: InstanceRecord | null): RunSpec | null {
    return instance === null ? null : (this.specs.bySha256(instance.specSha256) ?? null);
  }

  /** To run the instance here. Where it is not at hand who registered the service is asked, then all who are active. */
  private async neededSpec(
    instance: InstanceRecord | null,
    service: ServiceRecord | null,
    nodes: readonly NodeRecord[],
  ): Promise<RunSpec | null> {
    const known = this.knownSpec(instance);
    if (known !== null || service === null) return known;
    return this.specs
      .specOf(
        service,
        activeNodes(nodes).map(({ nodeId }) => nodeId),
      )
      .catch(() => null);
  }
}

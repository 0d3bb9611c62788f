import type { NodeRecord, ServiceRecord, Strategy, Trigger } from '../../chaincode/src/model';
import { BlosmError } from '../../chaincode/src/model';
import { isRetiring } from '../domain/retirement';
import type { AgentContext } from './context';
import type { InstanceJournal } from './instance-journal';
import type { Lane } from './lane';
import type { LedgerCache } from './ledger-cache';
import type { SpecLibrary } from './spec-library';

/** Journals that an instance is to move; its lane does the rest. */
export class Mover {
  /** Instances whose intent is not on the disk yet: a second trigger must not make a second one. */
  private readonly beginning = new Set<string>();

  constructor(
    private readonly context: AgentContext,
    private readonly cache: LedgerCache,
    private readonly journal: InstanceJournal,
    private readonly specs: SpecLibrary,
  ) {}

  /**
   * Journals the intent and wakes the lane; gives the migration's id.
   * @throws BlosmError BLOSM_E_MIGRATION_OPEN, BLOSM_E_WRONG_STATE, BLOSM_E_UNSUPPORTED
   */
  async start(lane: Lane, trigger: Trigger, strategy: Strategy, requested: NodeRecord | null): Promise<string> {
    this.refuseBusy(lane);
    this.beginning.add(lane.instanceId);
    try {
      await this.refuseUnmovable(lane, strategy);
      const migrationId = this.context.random.id('mig');
      const intent = { migrationId, trigger, strategy, requestedDestination: requested?.nodeId ?? null };
      await this.journal.appendFact(lane.instanceId, migrationId, 'intent', intent);
      lane.wake();
      return migrationId;
    } finally {
      this.beginning.delete(lane.instanceId);
    }
  }

  /** Whether it could be started now; changes nothing. @throws BlosmError with which `start` would refuse */
  async check(lane: Lane, strategy: Strategy): Promise<void> {
    this.refuseBusy(lane);
    await this.refuseUnmovable(lane, strategy);
  }

  /** True from the decision to move it until everything of that is over. */
  isMoving(lane: Lane): boolean {
    if (this.beginning.has(lane.instanceId)) return true;
    const facts = this.journal.factsOf(lane.instanceId);
    return lane.state.view?.instance?.openMigrationId != null || facts.migrations.some((m) => !m.closed);
  }

  private refuseBusy(lane: Lane): void {
    if (this.isMoving(lane)) {
      throw new BlosmError('BLOSM_E_MIGRATION_OPEN', `${lane.instanceId} is being migrated`, { stage: 'propose' });
    }
    if (lane.state.view !== null && isRetiring(lane.state.view)) {
      throw new BlosmError('BLOSM_E_WRONG_STATE', `${lane.instanceId} is being removed`, { stage: 'propose' });
    }
  }

  /** Commit would lose volumes and publish secrets (design, section 6). @throws BlosmError BLOSM_E_UNSUPPORTED */
  private async refuseUnmovable(lane: Lane, strategy: Strategy): Promise<void> {
    const unsupported = (what: string): BlosmError =>
      new BlosmError('BLOSM_E_UNSUPPORTED', `strategy ${strategy} ${what}`, { stage: 'propose' });
    if (strategy !== 'registry') throw unsupported('is not available in this release; use registry');
    const service = await this.serviceOf(lane);
    if (service === null) return;
    const spec = await this.specs.specOf(service, []);
    // No image is made of a shared container: it has nothing to lose or to publish.
    if (service.tenancy === 'shared') return;
    if (spec.volumes.length > 0) throw unsupported(`cannot move ${service.serviceId}: it declares volumes`);
    if (spec.env.some((variable) => variable.secret)) {
      throw unsupported(`cannot move ${service.serviceId}: its environment holds secrets`);
    }
  }

  private async serviceOf(lane: Lane): Promise<ServiceRecord | null> {
    const instance = await this.cache.instance(lane.instanceId);
    return instance === null ? null : this.cache.service(instance.serviceId);
  }
}

import type { CallOptions } from '../../ports/call';
import type {
  ListRequest,
  MigrationControl,
  MigrationDetailView,
  MigrationExplanationView,
  MigrationOrder,
  MigrationOutcomeView,
  MigrationPlanView,
  MigrationView,
  TimelineView,
} from '../../ports/control';
import type { Agent } from '../agent';
import { orNull } from '../ledger-cache';
import { cancelMigration } from './cancel-migration';
import { explainMigration } from './explain-migration';
import { NewestMigrations } from './newest-migrations';
import { orderedMove } from './ordered-move';
import { planMigration } from './plan-migration';
import { proposed } from './proposed';
import { retryMigration } from './retry-migration';
import { timelineOf } from './timeline';
import { migrationView, nameIn } from './views';

export class AgentMigrationControl implements MigrationControl {
  private readonly newest: NewestMigrations;

  constructor(private readonly agent: Agent) {
    const { ledger } = agent.context;
    this.newest = new NewestMigrations((page, options) => ledger.query('MigrationContract:List', [page], options));
  }

  plan(order: MigrationOrder, options: CallOptions = {}): Promise<MigrationPlanView> {
    return planMigration(this.agent, order, options);
  }

  async start(order: MigrationOrder, options: CallOptions = {}): Promise<MigrationView> {
    const { nodes, requested, strategy } = await orderedMove(this.agent, order, options);
    const lane = this.agent.lanes.ensure(order.instanceId);
    const migrationId = await this.agent.mover.start(lane, 'operator', strategy, requested);
    const record = await proposed(this.agent, order.instanceId, migrationId, options);
    return migrationView(record, nodes, this.waitsFor(order.instanceId, migrationId));
  }

  async list({ limit }: ListRequest, options?: CallOptions): Promise<MigrationView[]> {
    const nodes = await this.agent.cache.nodes();
    return [...(await this.newest.list(limit, options))]
      .sort((a, b) => b.proposedAtMs - a.proposedAtMs)
      .map((record) => migrationView(record, nodes, this.waitsFor(record.instanceId, record.migrationId)));
  }

  async get(migrationId: string, options?: CallOptions): Promise<MigrationDetailView> {
    const { ledger } = this.agent.context;
    const nodes = await this.agent.cache.nodes();
    const [record, metadata, confirmations, evaluations, prepares] = await Promise.all([
      ledger.query('MigrationContract:Get', [migrationId], options),
      orNull(ledger.query('MetadataContract:Get', [migrationId], options)),
      ledger.query('ConfirmationContract:List', [migrationId], options),
      ledger.query('EvaluationContract:List', [migrationId], options),
      ledger.query('MigrationContract:Prepares', [migrationId], options),
    ]);
    const named = <T extends { readonly nodeId: string }>(item: T): T & { nodeName: string } => ({
      ...item,
      nodeName: nameIn(nodes, item.nodeId),
    });
    return {
      ...migrationView(record, nodes, this.waitsFor(record.instanceId, migrationId)),
      metadata,
      confirmations: confirmations.map(named),
      evaluations: evaluations.map(named),
      prepares: prepares.map(named),
    };
  }

  timeline(migrationId: string, options: CallOptions = {}): Promise<TimelineView> {
    return timelineOf(this.agent, migrationId, options);
  }

  explain(migrationId: string, options: CallOptions = {}): Promise<MigrationExplanationView> {
    return explainMigration(this.agent, migrationId, options);
  }

  cancel(migrationId: string, options: CallOptions = {}): Promise<MigrationOutcomeView> {
    return cancelMigration(this.agent, migrationId, options);
  }

  retry(migrationId: string, options: CallOptions = {}): Promise<MigrationOutcomeView> {
    return retryMigration(this.agent, migrationId, options);
  }

  /** What the instance's lane here waits for or does; null when it is not about this migration. */
  private waitsFor(instanceId: string, migrationId: string): string | null {
    const state = this.agent.lanes.get(instanceId)?.state;
    if (state?.view?.migration?.record.migrationId !== migrationId) return null;
    return state.plan?.kind === 'wait' ? state.plan.reason : (state.plan?.step.name ?? null);
  }
}

import { BlosmError, type NodeRecord } from '../../../chaincode/src/model';
import type { CallOptions } from '../../ports/call';
import type {
  ListRequest,
  MigrationControl,
  MigrationDetailView,
  MigrationOrder,
  MigrationPlanView,
  MigrationView,
  TimelineView,
} from '../../ports/control';
import type { Agent } from '../agent';
import { orNull } from '../ledger-cache';
import { planMigration } from './plan-migration';
import { timelineOf } from './timeline';
import { migrationView, nameIn } from './views';

export class AgentMigrationControl implements MigrationControl {
  constructor(private readonly agent: Agent) {}

  plan(order: MigrationOrder, options: CallOptions = {}): Promise<MigrationPlanView> {
    return planMigration(this.agent, order, options);
  }

  async start(order: MigrationOrder, options: CallOptions = {}): Promise<MigrationView> {
    const { ledger, settings } = this.agent.context;
    const instance = await ledger.query('InstanceContract:Get', [order.instanceId], options);
    const nodes = await this.agent.cache.nodes();
    if (instance.ownerNodeId !== ledger.nodeId) {
      const owner = nameIn(nodes, instance.ownerNodeId);
      throw new BlosmError('BLOSM_E_NOT_OWNER', `${order.instanceId} belongs to ${owner}: ask its agent`);
    }
    const requested = order.to === null ? null : nodeNamed(nodes, order.to);
    if (requested?.nodeId === ledger.nodeId) {
      throw new BlosmError('BLOSM_E_INVALID_ARGUMENT', `${order.instanceId} is on ${order.to ?? ''} already`);
    }
    const lane = this.agent.lanes.ensure(order.instanceId);
    const strategy = order.strategy ?? settings.strategy;
    const migrationId = await this.agent.mover.start(lane, 'operator', strategy, requested);
    return this.proposed(order.instanceId, migrationId, options);
  }

  async list({ limit }: ListRequest, options?: CallOptions): Promise<MigrationView[]> {
    const { ledger } = this.agent.context;
    const nodes = await this.agent.cache.nodes();
    const page = await ledger.query('MigrationContract:List', [{ pageSize: limit, bookmark: '' }], options);
    return [...page.items]
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

  /** What the instance's lane here waits for or does; null when it is not about this migration. */
  private waitsFor(instanceId: string, migrationId: string): string | null {
    const state = this.agent.lanes.get(instanceId)?.state;
    if (state?.view?.migration?.record.migrationId !== migrationId) return null;
    return state.plan?.kind === 'wait' ? state.plan.reason : (state.plan?.step.name ?? null);
  }

  /** Waits until the ledger has the migration, or the intent has failed. */
  private async proposed(instanceId: string, migrationId: string, options: CallOptions): Promise<MigrationView> {
    const { ledger, clock } = this.agent.context;
    const deadlineMs = clock.nowMs() + (options.timeoutMs ?? 30_000);
    for (;;) {
      const record = await orNull(ledger.query('MigrationContract:Get', [migrationId], options));
      if (record !== null) {
        return migrationView(record, await this.agent.cache.nodes(), this.waitsFor(instanceId, migrationId));
      }
      const facts = this.agent.journal.factsOf(instanceId).migrations.find((m) => m.migrationId === migrationId);
      if (facts?.failure != null) {
        throw new BlosmError('BLOSM_E_WRONG_STATE', `not proposed: ${facts.failure.reason}`, { stage: 'propose' });
      }
      if (clock.nowMs() >= deadlineMs) {
        throw new BlosmError('BLOSM_E_TIMEOUT', `${migrationId} is not on the ledger yet`, { stage: 'propose' });
      }
      await clock.sleep(50, options.signal);
    }
  }
}

/** By short name or node id. @throws BlosmError BLOSM_E_NOT_FOUND */
function nodeNamed(nodes: readonly NodeRecord[], name: string): NodeRecord {
  const found = nodes.find((node) => node.name === name || node.nodeId === name);
  if (found !== undefined) return found;
  const known = nodes.map((node) => node.name).join(', ');
  throw new BlosmError('BLOSM_E_NOT_FOUND', `no cluster ${name}; there are ${known}`);
}

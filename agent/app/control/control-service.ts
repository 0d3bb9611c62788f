import { BlosmError, type NodeRecord } from '../../../chaincode/src/model';
import type { CallOptions } from '../../ports/call';
import type { ControlService } from '../../ports/control';
import type {
  ClusterView,
  HealthView,
  InstanceView,
  LedgerBlockView,
  LedgerHistoryView,
  LedgerTipView,
  LedgerTransactionView,
  LedgerVerificationLine,
  ListRequest,
  MigrationDetailView,
  MigrationOrder,
  MigrationPlanView,
  MigrationView,
  ReadinessView,
  RecoveryOrder,
  ServiceOrder,
  ServiceView,
  StatusView,
  TimelineView,
  VerificationRequest,
} from '../../ports/control-views';
import { HISTORY_QUERIES, type HistoryKind } from '../../ports/history';
import type { Agent } from '../agent';
import { orNull } from '../ledger-cache';
import { planMigration } from './plan-migration';
import { recoverInstance } from './recover-instance';
import { registerService } from './register-service';
import { StatusBoard } from './status-board';
import { timelineOf } from './timeline';
import { verifyChain } from '../verify-chain';
import { clusterView, instanceView, migrationView, nameIn, serviceView } from './views';

/** A main loop that has not ticked for so long is stuck, in milliseconds. */
const STUCK_MS = 15_000;

/** Answers operators: reads from the ledger, orders from the lanes. */
export class AgentControl implements ControlService {
  readonly board: StatusBoard;

  constructor(
    private readonly agent: Agent,
    private readonly about: { readonly version: string; readonly channel: string; readonly startedAtMs: number },
  ) {
    this.board = new StatusBoard(agent, about);
  }

  status(): StatusView {
    return this.board.view();
  }

  health(): HealthView {
    const { clock } = this.agent.context;
    const lastTickAtMs = this.agent.lastTickAtMs;
    return { ticking: clock.nowMs() - lastTickAtMs < STUCK_MS, lastTickAtMs };
  }

  readiness(): ReadinessView {
    const waitsFor = this.board.waitsFor();
    return { ready: waitsFor.length === 0, waitsFor };
  }

  async listClusters(): Promise<ClusterView[]> {
    const nodes = await this.agent.cache.nodes();
    return nodes.map((node) => clusterView(node, this.agent.context.ledger.nodeId));
  }

  async cordonCluster(cordoned: boolean, options?: CallOptions): Promise<ClusterView> {
    const { ledger } = this.agent.context;
    const name = cordoned ? 'NodeContract:Cordon' : 'NodeContract:Uncordon';
    return clusterView((await ledger.submit(name, [], options)).result, ledger.nodeId);
  }

  async leave(options?: CallOptions): Promise<ClusterView> {
    const { ledger } = this.agent.context;
    return clusterView((await ledger.submit('NodeContract:Leave', [], options)).result, ledger.nodeId);
  }

  registerService(order: ServiceOrder, options: CallOptions = {}): Promise<ServiceView> {
    return registerService(this.agent, order, options);
  }

  async listServices({ limit }: ListRequest, options?: CallOptions): Promise<ServiceView[]> {
    const { ledger } = this.agent.context;
    const nodes = await this.agent.cache.nodes();
    const page = await ledger.query('ServiceContract:List', [{ pageSize: limit, bookmark: '' }], options);
    return page.items.map((service) => serviceView(service, nodes));
  }

  async getService(serviceId: string, options?: CallOptions): Promise<ServiceView> {
    const service = await this.agent.context.ledger.query('ServiceContract:Get', [serviceId], options);
    return serviceView(service, await this.agent.cache.nodes());
  }

  async listInstances({ limit }: ListRequest, options?: CallOptions): Promise<InstanceView[]> {
    const { ledger, engine } = this.agent.context;
    const page = await ledger.query('InstanceContract:List', [{ pageSize: limit, bookmark: '' }], options);
    const containers = await engine.listContainers(ledger.nodeId, options);
    const nodes = await this.agent.cache.nodes();
    return page.items.map((instance) => instanceView(instance, nodes, containers));
  }

  async getInstance(instanceId: string, options?: CallOptions): Promise<InstanceView> {
    const { ledger, engine } = this.agent.context;
    const instance = await ledger.query('InstanceContract:Get', [instanceId], options);
    return instanceView(instance, await this.agent.cache.nodes(), await engine.listContainers(ledger.nodeId, options));
  }

  recoverInstance(instanceId: string, { from }: RecoveryOrder, options: CallOptions = {}): Promise<InstanceView> {
    return recoverInstance(this.agent, instanceId, from, options);
  }

  planMigration(order: MigrationOrder, options: CallOptions = {}): Promise<MigrationPlanView> {
    return planMigration(this.agent, order, options);
  }

  async startMigration(order: MigrationOrder, options: CallOptions = {}): Promise<MigrationView> {
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

  async listMigrations({ limit }: ListRequest, options?: CallOptions): Promise<MigrationView[]> {
    const { ledger } = this.agent.context;
    const nodes = await this.agent.cache.nodes();
    const page = await ledger.query('MigrationContract:List', [{ pageSize: limit, bookmark: '' }], options);
    return [...page.items]
      .sort((a, b) => b.proposedAtMs - a.proposedAtMs)
      .map((record) => migrationView(record, nodes, this.waitsFor(record.instanceId, record.migrationId)));
  }

  async getMigration(migrationId: string, options?: CallOptions): Promise<MigrationDetailView> {
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

  getTimeline(migrationId: string, options: CallOptions = {}): Promise<TimelineView> {
    return timelineOf(this.agent, migrationId, options);
  }

  async ledgerTip(options?: CallOptions): Promise<LedgerTipView> {
    return { channel: this.about.channel, ...(await this.agent.context.ledger.tip(options)) };
  }

  async ledgerTransaction(transactionId: string, options?: CallOptions): Promise<LedgerTransactionView> {
    const found = await this.agent.context.ledger.transaction(transactionId, options);
    return { ...found, args: [...found.args], endorserMspIds: [...found.endorserMspIds] };
  }

  async ledgerBlock(blockNumber: number, options?: CallOptions): Promise<LedgerBlockView> {
    const { signers, transactions, ...found } = await this.agent.context.ledger.block(blockNumber, options);
    return { ...found, signers: [...signers], transactions: [...transactions] };
  }

  async ledgerHistory(kind: HistoryKind, id: string, options?: CallOptions): Promise<LedgerHistoryView> {
    const entries = await this.agent.context.ledger.query(HISTORY_QUERIES[kind], [id], options);
    if (entries.length > 0) return { kind, id, entries };
    throw new BlosmError('BLOSM_E_NOT_FOUND', `the ledger never had ${kind} ${id}`, { stage: 'query' });
  }

  verifyLedger(request: VerificationRequest, signal: AbortSignal): AsyncIterable<LedgerVerificationLine> {
    return verifyChain(this.agent.context.ledger, request, signal);
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

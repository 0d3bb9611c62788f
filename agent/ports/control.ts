import type { CallOptions } from './call';
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
} from './control-views';
import type { HistoryKind } from './history';

/**
 * What an operator may ask of the agent: one operation for each route of the control API. An id that nobody knows fails
 * with BLOSM_E_NOT_FOUND; anything that needs the ledger may fail with the codes of the ledger port.
 */
export interface ControlService {
  /** Never fails and never waits for a dependency: it tells what was last seen. */
  status(): StatusView;
  /** The main loop's own tick; never asks a dependency. */
  health(): HealthView;
  /** Whether the agent can do its work, and if not what it waits for. */
  readiness(): ReadinessView;

  listClusters(options?: CallOptions): Promise<ClusterView[]>;
  /** This cluster takes nothing new (true), or does again (false); what it owns it keeps. */
  cordonCluster(cordoned: boolean, options?: CallOptions): Promise<ClusterView>;
  /** This cluster's node leaves the channel's members: BLOSM_E_OWNS_INSTANCES while it owns something. */
  leave(options?: CallOptions): Promise<ClusterView>;

  /**
   * Makes sure that the private registry holds the image (pushes it from this cluster's engine when only that has it),
   * reads its digests, keeps the run spec and registers the service. The same order again gives the same record.
   */
  registerService(order: ServiceOrder, options?: CallOptions): Promise<ServiceView>;
  listServices(request: ListRequest, options?: CallOptions): Promise<ServiceView[]>;
  getService(serviceId: string, options?: CallOptions): Promise<ServiceView>;

  listInstances(request: ListRequest, options?: CallOptions): Promise<InstanceView[]>;
  getInstance(instanceId: string, options?: CallOptions): Promise<InstanceView>;
  /** Takes an instance over whose copy is lost: only by an operator who accepts that its state is lost with it. */
  recoverInstance(instanceId: string, order: RecoveryOrder, options?: CallOptions): Promise<InstanceView>;

  /** Looks and tells; changes nothing. */
  planMigration(order: MigrationOrder, options?: CallOptions): Promise<MigrationPlanView>;
  /** Returns as soon as the migration is PROPOSED on the ledger. */
  startMigration(order: MigrationOrder, options?: CallOptions): Promise<MigrationView>;
  listMigrations(request: ListRequest, options?: CallOptions): Promise<MigrationView[]>;
  getMigration(migrationId: string, options?: CallOptions): Promise<MigrationDetailView>;
  getTimeline(migrationId: string, options?: CallOptions): Promise<TimelineView>;

  ledgerTip(options?: CallOptions): Promise<LedgerTipView>;
  ledgerTransaction(transactionId: string, options?: CallOptions): Promise<LedgerTransactionView>;
  ledgerBlock(blockNumber: number, options?: CallOptions): Promise<LedgerBlockView>;
  /** All that the ledger's key has held, also what was deleted. */
  ledgerHistory(kind: HistoryKind, id: string, options?: CallOptions): Promise<LedgerHistoryView>;
  /** Checks the own peer's chain block by block; the last line is the result. Ends by the signal. */
  verifyLedger(request: VerificationRequest, signal: AbortSignal): AsyncIterable<LedgerVerificationLine>;
}

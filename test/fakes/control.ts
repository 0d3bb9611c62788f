import type { ControlService } from '../../agent/ports/control';
import type {
  InstanceView,
  LedgerVerificationLine,
  MigrationOrder,
  MigrationView,
  RecoveryOrder,
  ServiceOrder,
  ServiceView,
  StatusView,
} from '../../agent/ports/control-views';
import type { HistoryKind } from '../../agent/ports/history';
import { BlosmError } from '../../chaincode/src/model';
import {
  aBlock,
  aCluster,
  aMigration,
  aMigrationDetail,
  anInstance,
  aPlan,
  aService,
  aStatus,
  aTimeline,
  aTransaction,
  aVerification,
  START_MS,
} from './control-records';

/** An agent's control service in memory. Tests set its fields and look at what was ordered. */
export class FakeControl implements ControlService {
  statusView: StatusView = aStatus();
  ready = true;
  services: ServiceView[] = [aService('image-recognition'), aService('counter')];
  instances: InstanceView[] = [anInstance('ins-1')];
  migrations: MigrationView[] = [aMigration('mig-1')];
  /** What a verification answers. */
  verification: LedgerVerificationLine[] = [{ progress: { blockNumber: 40 } }, { result: aVerification() }];
  readonly orders: (ServiceOrder | MigrationOrder)[] = [];
  /** What a started migration looks like on each later reading; the last one stays. */
  progress: Partial<MigrationView>[] = [];
  /** When set, every operation that may fail does so with it. */
  failure: Error | null = null;
  /** When set, a verification ends with it after its lines. */
  lateFailure: Error | null = null;
  /** When set, every operation that may wait never answers. */
  isStuck = false;

  status = () => this.statusView;
  health = () => ({ ticking: this.ready, lastTickAtMs: this.statusView.nowMs });
  readiness = () => ({ ready: this.ready, waitsFor: this.ready ? [] : ['the ledger'] });

  listClusters = () => this.answer(() => [1, 2, 3].map(aCluster));
  cordonCluster = (cordoned: boolean) => this.answer(() => ({ ...aCluster(1), cordoned }));
  leave = () => this.answer(() => aCluster(1));
  listServices = () => this.answer(() => this.services);
  listInstances = () => this.answer(() => this.instances);
  listMigrations = ({ limit }: { limit: number }) => this.answer(() => this.migrations.slice(0, limit));
  getService = (id: string) => this.answer(() => found(this.services, (s) => s.serviceId === id, id));
  getInstance = (id: string) => this.answer(() => found(this.instances, (i) => i.instanceId === id, id));
  getTimeline = (id: string) => this.answer(() => aTimeline(this.find(id).migrationId));
  ledgerTip = () =>
    this.answer(() => ({
      channel: 'blosm',
      height: 42,
      currentBlockHash: 'a'.repeat(64),
      genesisSha256: 'b'.repeat(64),
    }));
  ledgerTransaction = (id: string) => this.answer(() => aTransaction(id));
  ledgerBlock = (blockNumber: number) => this.answer(() => aBlock(blockNumber));
  ledgerHistory = (kind: HistoryKind, id: string) =>
    this.answer(() => ({
      ...{ kind, id },
      entries: [{ transactionId: 'e'.repeat(64), timestampMs: START_MS, deleted: false, record: { metadataId: id } }],
    }));
  /** Fails after the lines that are set, so that a failure in the middle can be had. */
  verifyLedger: ControlService['verifyLedger'] = () => this.verificationLines();

  private async *verificationLines(): AsyncGenerator<LedgerVerificationLine> {
    for (const line of this.verification) yield await this.answer(() => line);
    if (this.lateFailure !== null) throw this.lateFailure;
  }

  getMigration = (id: string) =>
    this.answer(() => {
      const [next] = this.progress.length > 1 ? this.progress.splice(0, 1) : this.progress;
      return aMigrationDetail({ ...this.find(id), ...next });
    });

  registerService = (order: ServiceOrder) =>
    this.answer(() => {
      this.orders.push(order);
      return aService(order.serviceId);
    });

  planMigration = (order: MigrationOrder) =>
    this.answer(() => {
      this.orders.push(order);
      return aPlan(order.instanceId);
    });

  startMigration = (order: MigrationOrder) =>
    this.answer(() => {
      this.orders.push(order);
      const migration = aMigration('mig-2', { instanceId: order.instanceId });
      this.migrations.unshift(migration);
      return migration;
    });

  recoverInstance = (id: string, { from }: RecoveryOrder) =>
    this.answer(() => ({ ...found(this.instances, (i) => i.instanceId === id, id), epoch: 2, recoveredFrom: from }));

  private find(id: string): MigrationView {
    return found(this.migrations, (m) => m.migrationId === id, id);
  }

  private answer<T>(work: () => T): Promise<T> {
    if (this.isStuck) return new Promise(() => undefined);
    if (this.failure !== null) return Promise.reject(this.failure);
    return new Promise((resolve) => resolve(work()));
  }
}

function found<T>(items: readonly T[], matches: (item: T) => boolean, id: string): T {
  const item = items.find(matches);
  if (item === undefined) throw new BlosmError('BLOSM_E_NOT_FOUND', `nothing has the id ${id}`, { stage: 'query' });
  return item;
}

import type {
  ClusterControl,
  ControlService,
  EventFeedLine,
  EventRequest,
  FeedControl,
  DrainControl,
  DrainView,
  InstanceControl,
  InstanceView,
  LedgerControl,
  LedgerVerificationLine,
  LogFeedLine,
  LogRequest,
  MigrationControl,
  MigrationOrder,
  MigrationView,
  RouteControl,
  RouteView,
  PlacementControl,
  PlacementRequest,
  ServiceControl,
  ServiceOrder,
  ServiceView,
  StatusView,
} from '../../agent/ports/control';
import { BlosmError } from '../../chaincode/src/model';
import {
  aBlock,
  aCluster,
  aLogLine,
  aDrain,
  aMigration,
  aMigrationDetail,
  anExplanation,
  anOutcome,
  anInstance,
  anEvent,
  aPlacement,
  aPlan,
  aRoute,
  aService,
  aStatus,
  aTimeline,
  aTransaction,
  aVerification,
  START_MS,
} from './control-records';

/** The methods of an interface, each of which a test may replace. */
type Replaceable<T> = { -readonly [K in keyof T]: T[K] };

/** An agent's control service in memory. Tests set its fields and look at what was ordered. */
export class FakeControl implements ControlService {
  statusView: StatusView = aStatus();
  ready = true;
  serviceViews: ServiceView[] = [aService('image-recognition'), aService('counter')];
  instanceViews: InstanceView[] = [anInstance('ins-1')];
  migrationViews: MigrationView[] = [aMigration('mig-1')];
  /** What a verification answers. */
  verification: LedgerVerificationLine[] = [{ progress: { blockNumber: 40 } }, { result: aVerification() }];
  routeViews: RouteView[] = [aRoute('ins-1')];
  logLines: LogFeedLine[] = [{ line: aLogLine(), position: '7-1' }];
  eventLines: EventFeedLine[] = [{ line: anEvent(), position: '7-1' }];
  /** What readers of logs and events asked for. */
  readonly feedRequests: (LogRequest | EventRequest)[] = [];
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

  readonly clusters: Replaceable<ClusterControl> = {
    list: () => this.answer(() => [1, 2, 3].map(aCluster)),
    cordon: (cordoned) => this.answer(() => ({ ...aCluster(1), cordoned })),
    leave: () => this.answer(() => aCluster(1)),
  };

  /** What a drain looks like on each later reading; the last one stays. */
  drains: DrainView[] = [aDrain()];

  readonly drain: Replaceable<DrainControl> = {
    view: () => {
      const [next = aDrain()] = this.drains.length > 1 ? this.drains.splice(0, 1) : this.drains;
      return next;
    },
    begin: () => this.answer(() => this.drain.view()),
    end: () => this.answer(() => aDrain({ draining: false, cordoned: false, sinceMs: null, instances: [] })),
  };

  readonly services: Replaceable<ServiceControl> = {
    list: () => this.answer(() => this.serviceViews),
    get: (id) => this.answer(() => found(this.serviceViews, (s) => s.serviceId === id, id)),
    remove: (id) => this.answer(() => found(this.serviceViews, (s) => s.serviceId === id, id)),
    register: (order) =>
      this.answer(() => {
        this.orders.push(order);
        return aService(order.serviceId);
      }),
  };

  readonly instances: Replaceable<InstanceControl> = {
    list: () => this.answer(() => this.instanceViews),
    get: (id) => this.answer(() => found(this.instanceViews, (i) => i.instanceId === id, id)),
    remove: (id) =>
      this.answer(() => ({ ...found(this.instanceViews, (i) => i.instanceId === id, id), container: null })),
    recover: (id, { from }) =>
      this.answer(() => ({
        ...found(this.instanceViews, (i) => i.instanceId === id, id),
        epoch: 2,
        recoveredFrom: from,
      })),
  };

  readonly migrations: Replaceable<MigrationControl> = {
    list: ({ limit }) => this.answer(() => this.migrationViews.slice(0, limit)),
    timeline: (id) => this.answer(() => aTimeline(this.find(id).migrationId)),
    explain: (id) => this.answer(() => anExplanation(this.find(id))),
    cancel: (id) => this.answer(() => anOutcome({ ...this.find(id), state: 'ABORTED' }, 'is cancelled')),
    retry: (id) => this.answer(() => anOutcome(aMigration('mig-2'), `takes the place of ${this.find(id).migrationId}`)),
    get: (id) =>
      this.answer(() => {
        const [next] = this.progress.length > 1 ? this.progress.splice(0, 1) : this.progress;
        return aMigrationDetail({ ...this.find(id), ...next });
      }),
    plan: (order) =>
      this.answer(() => {
        this.orders.push(order);
        return aPlan(order.instanceId);
      }),
    start: (order) =>
      this.answer(() => {
        this.orders.push(order);
        const migration = aMigration('mig-2', { instanceId: order.instanceId });
        this.migrationViews.unshift(migration);
        return migration;
      }),
  };

  /** What was asked of placements. */
  readonly placements: { readonly id: string; readonly request: PlacementRequest }[] = [];

  readonly placement: Replaceable<PlacementControl> = {
    explain: (id, request) =>
      this.answer(() => {
        this.placements.push({ id, request });
        return aPlacement(request.at === undefined ? {} : { positionFrom: 'given', positionAgeMs: null });
      }),
  };

  readonly ledger: Replaceable<LedgerControl> = {
    tip: () =>
      this.answer(() => ({
        channel: 'blosm',
        height: 42,
        currentBlockHash: 'a'.repeat(64),
        genesisSha256: 'b'.repeat(64),
      })),
    transaction: (id) => this.answer(() => aTransaction(id)),
    block: (blockNumber) => this.answer(() => aBlock(blockNumber)),
    history: (kind, id) =>
      this.answer(() => ({
        ...{ kind, id },
        entries: [{ transactionId: 'e'.repeat(64), timestampMs: START_MS, deleted: false, record: { metadataId: id } }],
      })),
    /** Fails after the lines that are set, so that a failure in the middle can be had. */
    verify: () => this.verificationLines(),
  };

  readonly routes: Replaceable<RouteControl> = {
    list: () => this.answer(() => this.routeViews),
    get: (id) => this.answer(() => found(this.routeViews, (r) => r.instanceId === id, id)),
  };

  readonly feeds: Replaceable<FeedControl> = {
    logs: (request, signal) => this.feed(request, this.logLines, signal),
    events: (request, signal) => this.feed(request, this.eventLines, signal),
  };

  /** With `follow` it stays open after its lines, until nobody reads any more. */
  private async *feed<T>(request: LogRequest | EventRequest, lines: readonly T[], signal: AbortSignal) {
    this.feedRequests.push(request);
    for (const line of lines) yield await this.answer(() => line);
    if (this.lateFailure !== null) throw this.lateFailure;
    if (!request.follow) return;
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  private async *verificationLines(): AsyncGenerator<LedgerVerificationLine> {
    for (const line of this.verification) yield await this.answer(() => line);
    if (this.lateFailure !== null) throw this.lateFailure;
  }

  private find(id: string): MigrationView {
    return found(this.migrationViews, (m) => m.migrationId === id, id);
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

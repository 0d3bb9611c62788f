import { z } from 'zod';
import { Id } from '../../../chaincode/src/model';
import { ServiceFile, toServiceOrder } from '../../config/service-file';
import type { CallOptions } from '../../ports/call';
import type { ControlService } from '../../ports/control';
import {
  ClusterView,
  HealthView,
  HistoryKind,
  InstanceView,
  LedgerBlockView,
  LedgerHistoryView,
  LedgerTipView,
  LedgerTransactionView,
  LedgerVerificationLine,
  listOf,
  ListRequest,
  MigrationDetailView,
  MigrationOrder,
  MigrationPlanView,
  MigrationView,
  ReadinessView,
  RecoveryOrder,
  ServiceView,
  StatusView,
  TimelineView,
  VerificationRequest,
} from '../../ports/control-views';

/** A request as a route sees it: nothing of express. */
export interface RouteRequest {
  readonly id: string;
  /** The second word of a path that has two. */
  readonly kind: string;
  readonly query: unknown;
  readonly body: unknown;
  readonly options: CallOptions & { readonly signal: AbortSignal };
}

export interface RouteAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** A route that answers once, or line by line (JSON, one object a line) as the work goes on. */
export type Route = AnswerRoute | LinesRoute;

interface RouteFacts {
  readonly method: 'get' | 'post';
  readonly path: string;
  /** One line for the reference page. */
  readonly summary: string;
  readonly answer: z.ZodType;
}

export interface AnswerRoute extends RouteFacts {
  readonly handle: (service: ControlService, request: RouteRequest) => Promise<RouteAnswer>;
}

export interface LinesRoute extends RouteFacts {
  /** Each line has the form of `answer`. */
  readonly lines: (service: ControlService, request: RouteRequest) => AsyncIterable<unknown>;
}

const ok = (body: unknown, status = 200): RouteAnswer => ({ status, body });
const items = async (list: Promise<unknown[]>): Promise<RouteAnswer> => ok({ items: await list });

const TransactionId = z.string().regex(/^[0-9a-f]{64}$/, '64 hexadecimal digits');
const BlockNumber = z.coerce.number('a block number').int().min(0);
const Started = z.union([MigrationView, MigrationPlanView]);

const get = (path: string, summary: string, answer: z.ZodType, handle: AnswerRoute['handle']): Route => ({
  method: 'get',
  path,
  summary,
  answer,
  handle,
});
const post = (path: string, summary: string, answer: z.ZodType, handle: AnswerRoute['handle']): Route => ({
  method: 'post',
  path,
  summary,
  answer,
  handle,
});

/** Every route of the control API. */
export const ROUTES: readonly Route[] = [
  get('/healthz', 'The main loop ticks (200) or not (503).', HealthView, (service) => {
    const health = service.health();
    return Promise.resolve(ok(health, health.ticking ? 200 : 503));
  }),
  get('/readyz', 'The agent can do its work (200) or says what it waits for (503).', ReadinessView, (service) => {
    const readiness = service.readiness();
    return Promise.resolve(ok(readiness, readiness.ready ? 200 : 503));
  }),
  get('/v1/status', 'The agent and what it depends on.', StatusView, (service) =>
    Promise.resolve(ok(service.status())),
  ),
  get('/v1/clusters', 'All clusters on the channel.', listOf(ClusterView), (service, { options }) =>
    items(service.listClusters(options)),
  ),
  post('/v1/cluster/cordon', 'This cluster takes nothing new.', ClusterView, async (service, { options }) =>
    ok(await service.cordonCluster(true, options)),
  ),
  post('/v1/cluster/uncordon', 'The end of cordon.', ClusterView, async (service, { options }) =>
    ok(await service.cordonCluster(false, options)),
  ),
  post('/v1/cluster/leave', 'This cluster leaves the members of the channel.', ClusterView, async (service, request) =>
    ok(await service.leave(request.options)),
  ),
  get('/v1/services', 'Registered services.', listOf(ServiceView), (service, { query, options }) =>
    items(service.listServices(ListRequest.parse(query), options)),
  ),
  post(
    '/v1/services',
    'Registers a service; the body is a service file as JSON.',
    ServiceView,
    async (service, request) =>
      ok(await service.registerService(toServiceOrder(ServiceFile.parse(request.body)), request.options), 201),
  ),
  get('/v1/services/:id', 'One service.', ServiceView, async (service, { id, options }) =>
    ok(await service.getService(Id.parse(id), options)),
  ),
  get('/v1/instances', 'Instances and their owners.', listOf(InstanceView), (service, { query, options }) =>
    items(service.listInstances(ListRequest.parse(query), options)),
  ),
  get('/v1/instances/:id', 'One instance.', InstanceView, async (service, { id, options }) =>
    ok(await service.getInstance(Id.parse(id), options)),
  ),
  post(
    '/v1/instances/:id/recover',
    'Takes over an instance whose copy is lost; its state may be lost with it.',
    InstanceView,
    async (service, { id, body, options }) =>
      ok(await service.recoverInstance(Id.parse(id), RecoveryOrder.parse(body), options)),
  ),
  post(
    '/v1/migrations',
    'Proposes a migration (202), or plans one with dryRun (200).',
    Started,
    async (service, request) => {
      const order = MigrationOrder.parse(request.body);
      if (order.dryRun) return ok(await service.planMigration(order, request.options));
      return ok(await service.startMigration(order, request.options), 202);
    },
  ),
  get('/v1/migrations', 'Migrations, newest first.', listOf(MigrationView), (service, { query, options }) =>
    items(service.listMigrations(ListRequest.parse(query), options)),
  ),
  get(
    '/v1/migrations/:id',
    'One migration with all its records.',
    MigrationDetailView,
    async (service, { id, options }) => ok(await service.getMigration(Id.parse(id), options)),
  ),
  get('/v1/migrations/:id/timeline', 'What took how long.', TimelineView, async (service, { id, options }) =>
    ok(await service.getTimeline(Id.parse(id), options)),
  ),
  get('/v1/ledger/tip', 'The newest block of the own peer.', LedgerTipView, async (service, { options }) =>
    ok(await service.ledgerTip(options)),
  ),
  get(
    '/v1/ledger/transactions/:id',
    'One transaction, decoded.',
    LedgerTransactionView,
    async (service, { id, options }) => ok(await service.ledgerTransaction(TransactionId.parse(id), options)),
  ),
  get('/v1/ledger/blocks/:id', 'One block, decoded.', LedgerBlockView, async (service, { id, options }) =>
    ok(await service.ledgerBlock(BlockNumber.parse(id), options)),
  ),
  get(
    '/v1/ledger/history/:kind/:id',
    'All that an object on the ledger has been.',
    LedgerHistoryView,
    async (service, { kind, id, options }) =>
      ok(await service.ledgerHistory(HistoryKind.parse(kind), Id.parse(id), options)),
  ),
  {
    method: 'get',
    path: '/v1/ledger/verification',
    summary: "Checks the own peer's chain (`?from=N&to=N`); a line of JSON now and then, the last one is the result.",
    answer: LedgerVerificationLine,
    lines: (service, { query, options }) => service.verifyLedger(VerificationRequest.parse(query), options.signal),
  },
];

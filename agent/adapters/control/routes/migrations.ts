import { z } from 'zod';
import { Id } from '../../../../chaincode/src/model';
import {
  listOf,
  ListRequest,
  MigrationDetailView,
  MigrationExplanationView,
  MigrationOrder,
  MigrationOutcomeView,
  MigrationPlanView,
  MigrationView,
  TimelineView,
} from '../../../ports/control';
import { get, items, ok, post, type Route } from './route';

const Started = z.union([MigrationView, MigrationPlanView]);

export const MIGRATION_ROUTES: readonly Route[] = [
  post(
    '/v1/migrations',
    'Proposes a migration (202), or plans one with dryRun (200).',
    Started,
    async (service, request) => {
      const order = MigrationOrder.parse(request.body);
      if (order.dryRun) return ok(await service.migrations.plan(order, request.options));
      return ok(await service.migrations.start(order, request.options), 202);
    },
    { body: MigrationOrder, statuses: { 200: 'What it would do (dryRun).', 202: 'Proposed on the ledger.' } },
  ),
  get(
    '/v1/migrations',
    'Migrations, newest first.',
    listOf(MigrationView),
    (service, { query, options }) => items(service.migrations.list(ListRequest.parse(query), options)),
    { query: ListRequest },
  ),
  get(
    '/v1/migrations/:id',
    'One migration with all its records.',
    MigrationDetailView,
    async (service, { id, options }) => ok(await service.migrations.get(Id.parse(id), options)),
  ),
  get('/v1/migrations/:id/timeline', 'What took how long.', TimelineView, async (service, { id, options }) =>
    ok(await service.migrations.timeline(Id.parse(id), options)),
  ),
  get(
    '/v1/migrations/:id/explanation',
    'What it waits for, since when, what failed last, and what can be done.',
    MigrationExplanationView,
    async (service, { id, options }) => ok(await service.migrations.explain(Id.parse(id), options)),
  ),
  post(
    '/v1/migrations/:id/cancel',
    'Ends it before the hand-over: the service stays at the source.',
    MigrationOutcomeView,
    async (service, { id, options }) => ok(await service.migrations.cancel(Id.parse(id), options)),
  ),
  post(
    '/v1/migrations/:id/retry',
    'Starts an aborted one anew, at once.',
    MigrationOutcomeView,
    async (service, { id, options }) => ok(await service.migrations.retry(Id.parse(id), options), 202),
    { statuses: { 202: 'Begun anew.' } },
  ),
];

import { CLUSTER_ROUTES } from './clusters';
import { FEED_ROUTES } from './feeds';
import { DRAIN_ROUTES } from './drain';
import { INSTANCE_ROUTES } from './instances';
import { LEDGER_ROUTES } from './ledger';
import { MIGRATION_ROUTES } from './migrations';
import { ROUTE_ROUTES } from './routes';
import { PLACEMENT_ROUTES } from './placement';
import { SERVICE_ROUTES } from './services';
import { STATUS_ROUTES } from './status';
import type { Route } from './route';

export type { AnswerRoute, LinesRoute, Route, RouteAnswer, RouteRequest } from './route';

/** Every route of the control API. */
export const ROUTES: readonly Route[] = [
  ...STATUS_ROUTES,
  ...CLUSTER_ROUTES,
  ...DRAIN_ROUTES,
  ...SERVICE_ROUTES,
  ...INSTANCE_ROUTES,
  ...MIGRATION_ROUTES,
  ...PLACEMENT_ROUTES,
  ...LEDGER_ROUTES,
  ...ROUTE_ROUTES,
  ...FEED_ROUTES,
];

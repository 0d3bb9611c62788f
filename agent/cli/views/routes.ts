import type { RouteView } from '../../ports/control';
import { facts, table } from '../output/table';

export const routeTable = (routes: readonly RouteView[]): string =>
  table(
    ['INSTANCE', 'SERVICE', 'MODE', 'TARGET', 'IN-FLIGHT', 'HELD', 'REASON'],
    routes.map((route) => [
      route.instanceId,
      route.serviceId,
      route.mode,
      route.target,
      String(route.inFlight),
      String(route.held),
      route.reason,
    ]),
  );

export const routeText = (route: RouteView): string =>
  facts([
    ['instance', route.instanceId],
    ['service', route.serviceId],
    ['requests are', route.mode === 'unknown' ? 'not known yet' : route.mode],
    ['target', route.target],
    ['in flight', String(route.inFlight)],
    ['held', String(route.held)],
    ...(route.reason === '' ? [] : [['because', route.reason] as const]),
  ]);

import { Id } from '../../../../chaincode/src/model';
import { listOf, ListRequest, RouteView } from '../../../ports/control';
import { get, items, ok, type Route } from './route';

export const ROUTE_ROUTES: readonly Route[] = [
  get(
    '/v1/routes',
    "Where this cluster's gateway sends requests of the instances that its agent looks after.",
    listOf(RouteView),
    (service, { query }) => items(service.routes.list(ListRequest.parse(query))),
    { query: ListRequest },
  ),
  get('/v1/routes/:id', 'Where requests of one instance go now.', RouteView, async (service, { id, options }) =>
    ok(await service.routes.get(Id.parse(id), options)),
  ),
];

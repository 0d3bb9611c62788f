import { Id } from '../../../../chaincode/src/model';
import { ServiceFile, toServiceOrder } from '../../../config/service-file';
import { listOf, ListRequest, ServiceView } from '../../../ports/control';
import { get, items, ok, post, type Route } from './route';

export const SERVICE_ROUTES: readonly Route[] = [
  get(
    '/v1/services',
    'Registered services.',
    listOf(ServiceView),
    (service, { query, options }) => items(service.services.list(ListRequest.parse(query), options)),
    { query: ListRequest },
  ),
  post(
    '/v1/services',
    'Registers a service; the body is a service file as JSON.',
    ServiceView,
    async (service, request) =>
      ok(await service.services.register(toServiceOrder(ServiceFile.parse(request.body)), request.options), 201),
    { body: ServiceFile, statuses: { 201: 'Registered, or the same as it was.' } },
  ),
  get('/v1/services/:id', 'One service.', ServiceView, async (service, { id, options }) =>
    ok(await service.services.get(Id.parse(id), options)),
  ),
  post(
    '/v1/services/:id/remove',
    'Takes a service without instances off the ledger; its id is not used again.',
    ServiceView,
    async (service, { id, options }) => ok(await service.services.remove(Id.parse(id), options)),
  ),
];

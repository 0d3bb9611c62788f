import { Id } from '../../../../chaincode/src/model';
import { InstanceView, listOf, ListRequest, RecoveryOrder } from '../../../ports/control';
import { get, items, ok, post, type Route } from './route';

export const INSTANCE_ROUTES: readonly Route[] = [
  get(
    '/v1/instances',
    'Instances and their owners.',
    listOf(InstanceView),
    (service, { query, options }) => items(service.instances.list(ListRequest.parse(query), options)),
    { query: ListRequest },
  ),
  get('/v1/instances/:id', 'One instance.', InstanceView, async (service, { id, options }) =>
    ok(await service.instances.get(Id.parse(id), options)),
  ),
  post(
    '/v1/instances/:id/recover',
    'Takes over an instance whose copy is lost; its state may be lost with it.',
    InstanceView,
    async (service, { id, body, options }) =>
      ok(await service.instances.recover(Id.parse(id), RecoveryOrder.parse(body), options)),
    { body: RecoveryOrder },
  ),
  post(
    '/v1/instances/:id/remove',
    'Ends an instance of this cluster for good, with all that it keeps; answers its last record.',
    InstanceView,
    async (service, { id, options }) => ok(await service.instances.remove(Id.parse(id), options)),
  ),
];

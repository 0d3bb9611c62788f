import { ClusterView, listOf } from '../../../ports/control';
import { get, items, ok, post, type Route } from './route';

export const CLUSTER_ROUTES: readonly Route[] = [
  get('/v1/clusters', 'All clusters on the channel.', listOf(ClusterView), (service, { options }) =>
    items(service.clusters.list(options)),
  ),
  post('/v1/cluster/cordon', 'This cluster takes nothing new.', ClusterView, async (service, { options }) =>
    ok(await service.clusters.cordon(true, options)),
  ),
  post('/v1/cluster/uncordon', 'The end of cordon.', ClusterView, async (service, { options }) =>
    ok(await service.clusters.cordon(false, options)),
  ),
  post('/v1/cluster/leave', 'This cluster leaves the members of the channel.', ClusterView, async (service, request) =>
    ok(await service.clusters.leave(request.options)),
  ),
];

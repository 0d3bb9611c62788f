import { Id } from '../../../../chaincode/src/model';
import { PlacementRequest, PlacementView } from '../../../ports/control';
import { get, ok, type Route } from './route';

export const PLACEMENT_ROUTES: readonly Route[] = [
  get(
    '/v1/placement/:id',
    'Where an instance, or a first request of a service, would go now, and why; at=LAT,LON for another place.',
    PlacementView,
    async (service, { id, query, options }) =>
      ok(await service.placement.explain(Id.parse(id), PlacementRequest.parse(query), options)),
    { query: PlacementRequest },
  ),
];

import { DrainView } from '../../../ports/control';
import { get, ok, post, type Route } from './route';

export const DRAIN_ROUTES: readonly Route[] = [
  get('/v1/drain', 'How far this cluster is drained.', DrainView, (service) =>
    Promise.resolve(ok(service.drain.view())),
  ),
  post(
    '/v1/drain',
    'Cordons this cluster and moves away all that it owns (202).',
    DrainView,
    async (service, { options }) => ok(await service.drain.begin(options), 202),
    { statuses: { 202: 'Begun.' } },
  ),
  post('/v1/undrain', 'The end of drain, and of cordon.', DrainView, async (service, { options }) =>
    ok(await service.drain.end(options)),
  ),
];

import { HealthView, ReadinessView, StatusView } from '../../../ports/control';
import { get, ok, type Route } from './route';

export const STATUS_ROUTES: readonly Route[] = [
  get(
    '/healthz',
    'The main loop ticks (200) or not (503).',
    HealthView,
    (service) => {
      const health = service.health();
      return Promise.resolve(ok(health, health.ticking ? 200 : 503));
    },
    { statuses: { 200: 'It ticks.', 503: 'It is stuck.' } },
  ),
  get(
    '/readyz',
    'The agent can do its work (200) or says what it waits for (503).',
    ReadinessView,
    (service) => {
      const readiness = service.readiness();
      return Promise.resolve(ok(readiness, readiness.ready ? 200 : 503));
    },
    { statuses: { 200: 'Ready.', 503: 'Not yet.' } },
  ),
  get('/v1/status', 'The agent and what it depends on.', StatusView, (service) =>
    Promise.resolve(ok(service.status())),
  ),
];

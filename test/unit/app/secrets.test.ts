import { ROUTES, type AnswerRoute } from '../../../agent/adapters/control/routes';
import { AgentControl } from '../../../agent/app/control/control-service';
import { MigrationOrder } from '../../../agent/ports/control';
import { nearNode, startWorld, type World } from '../../support/agents';
import { everyText } from '../../support/every-text';
import type { Answer } from '../../support/world-devices';

// Simulated time costs real time on a busy machine.
jest.setTimeout(60_000);

const SECRET = 'open-sesame-4711';
const PLAIN = 'not-a-secret-4712';

let world: World;
afterEach(() => world.end());

const controlOf = (number: number): AgentControl =>
  new AgentControl(world.agent(number), { version: '0.0.0', channel: 'blosm', startedAtMs: 0 });

/** As an operator registers it, by the control API's own route. */
async function register(): Promise<unknown> {
  world.node(1).engine.addImage('registry.test:5000/blosm/vault:latest');
  const env = [
    { name: 'API_KEY', value: SECRET, secret: true },
    { name: 'MODE', value: PLAIN },
  ];
  const body = {
    serviceId: 'vault',
    applicationType: 'counter',
    image: { repository: 'blosm/vault' },
    tenancy: 'shared',
    run: { port: 8080, healthPath: '/health', env },
  };
  return call(1, routeOf('post', '/v1/services'), { body });
}

const routeOf = (method: string, path: string): AnswerRoute => {
  const found = ROUTES.find((route) => route.method === method && route.path === path);
  if (found === undefined || !('handle' in found)) throw new Error(`no route ${path}`);
  return found;
};

interface Request {
  readonly id?: string;
  readonly kind?: string;
  readonly body?: unknown;
}

const call = (at: number, route: AnswerRoute, { id = '', kind = '', body = {} }: Request): Promise<unknown> =>
  world.clock.runUntil(
    route.handle(controlOf(at), { id, kind, body, query: {}, options: { signal: new AbortController().signal } }),
  );

/** What every route that only reads gives for every id that there is, its errors too. */
async function everyAnswer(ids: readonly string[]): Promise<unknown[]> {
  const routes = ROUTES.filter((route): route is AnswerRoute => route.method === 'get' && 'handle' in route);
  expect(routes.length).toBeGreaterThan(10);
  const answers: unknown[] = [];
  for (const at of [1, 2]) {
    for (const route of routes) {
      for (const id of ids) {
        for (const kind of route.path.includes(':kind') ? ['instance', 'migration', 'node', 'metadata'] : ['']) {
          answers.push(await call(at, route, { id, kind }).catch((error: unknown) => error));
        }
      }
    }
  }
  return answers;
}

async function move({ instanceId, token }: Answer): Promise<string> {
  const order = MigrationOrder.parse({ instanceId, to: 'edge2' });
  const { migrationId } = await world.clock.runUntil(controlOf(1).migrations.start(order));
  await world.until('it has moved', async () => (await world.migrations())[0]?.state === 'COMPLETED');
  await world.clock.advance(3000);
  expect(await world.request(2, { serviceId: 'vault', token })).toMatchObject({ status: 200, servedBy: 'edge2' });
  return migrationId;
}

it('a secret of a service goes into its containers, and nowhere else', async () => {
  world = await startWorld({ nodes: 2 });
  const registered = await register();
  const device = await world.request(1, { serviceId: 'vault', deviceId: 'car-1', position: nearNode(1) });
  expect(device).toMatchObject({ status: 200, servedBy: 'edge1' });
  const migrationId = await move(device);

  // It has arrived: by the destination's own container, of which nothing was copied.
  const [container] = world.sharedOn(2, 'vault');
  expect(container?.order.spec.env.map(({ value }) => value)).toEqual([SECRET, PLAIN]);
  expect(everyText(await world.node(2).specs.load()).join()).toContain(SECRET);

  const newest = await world.node(1).ledger.block(world.channel.height - 1);
  const transactionIds = newest.transactions.map(({ transactionId }) => transactionId);
  const ids = [device.instanceId, migrationId, 'vault', 'Edge1MSP', '1', ...transactionIds];
  const places: Readonly<Record<string, unknown>> = {
    ledger: world.channel,
    registry: world.registry,
    answers: [registered, device, ...(await everyAnswer(ids))],
    ...Object.fromEntries(
      [1, 2].flatMap((number) => {
        const { journal, log, engine, checkpoints, activity } = world.node(number);
        const images = [...engine.containers.values()].map(({ image }) => image);
        return Object.entries({ journal, log, images, checkpoints, activity }).map(([name, place]) => [
          `${name} of cluster ${number}`,
          place,
        ]);
      }),
    ),
  };
  for (const [name, place] of Object.entries(places)) {
    const texts = everyText(place);
    expect([name, texts.filter((text) => text.includes(SECRET))]).toEqual([name, []]);
  }
  // The search would have found it.
  for (const name of ['ledger', 'answers', 'journal of cluster 2', 'log of cluster 2']) {
    expect(everyText(places[name]).join()).toContain(migrationId);
  }
});

it('a service file that is refused is not quoted', async () => {
  world = await startWorld({ nodes: 2 });
  const env = [{ name: 'API_KEY', value: SECRET, secret: 'yes' }, { name: '1', value: SECRET }, SECRET];
  const body = { serviceId: 'vault', image: SECRET, run: { port: SECRET, env } };
  const refused = await call(1, routeOf('post', '/v1/services'), { body }).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(Error);
  expect(everyText(refused).filter((text) => text.includes(SECRET))).toEqual([]);
});

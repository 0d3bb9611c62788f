import fc from 'fast-check';
import { nearNode, nodeIdOf, publish, startWorld, type World } from '../../support/agents';
import type { Answer } from '../../support/world-devices';
import type { CrashPoint } from '../../support/world-node';

/*
 * Tenancy `shared`: whatever comes and goes and whoever is killed, a cluster that owns instances of the service has
 * exactly one container of it, a cluster that owns none has none, and whoever is there is served.
 */

const IDLE_SECONDS = 20;
const SERVICE = 'shared';

// Simulated time costs real time on a busy machine.
jest.setTimeout(120_000);

let world: World;
afterEach(() => world.end());

interface Car {
  readonly token: string;
  readonly instanceId: string;
  /** The cluster in whose reach it is. */
  at: number;
  /** It has driven away for good. */
  isGone: boolean;
  readonly answers: Answer[];
}

let cars: Car[] = [];

async function begin(): Promise<void> {
  cars = [];
  world = await startWorld({ nodes: 2, warmUpMs: 20, settings: { deadlineMs: 30_000, backoffMs: 2000 } });
  await publish(world, SERVICE, 'image-recognition', 'none', {
    registration: { tenancy: 'shared', idleSeconds: IDLE_SECONDS },
  });
}

const ends = new Map<World, AbortController>();

async function join(at: number): Promise<void> {
  const { token, instanceId, status } = await world.request(at, {
    serviceId: SERVICE,
    deviceId: `car-${cars.length}`,
    position: nearNode(at),
  });
  if (status !== 200) return;
  const car: Car = { token, instanceId, at, isGone: false, answers: [] };
  cars.push(car);
  void drive(world, car).catch(() => undefined);
}

/** Asks where it is until it is gone. */
async function drive(scene: World, car: Car): Promise<void> {
  const end = ends.get(scene) ?? new AbortController();
  ends.set(scene, end);
  while (!car.isGone && !end.signal.aborted) {
    void scene
      .send(car.at, { serviceId: SERVICE, token: car.token, position: nearNode(car.at), takesMs: 20 })
      .then((answer) => car.answers.push(answer));
    await scene.clock.sleep(300, end.signal);
  }
}

/** Once everything has come to rest. */
async function expectWhole(): Promise<void> {
  const present = cars.filter((car) => !car.isGone).map(({ instanceId }) => instanceId);
  await world.until(
    'only who is there has an instance',
    async () => {
      const instances = await world.instances();
      return (
        instances.length === present.length &&
        instances.every((i) => present.includes(i.instanceId) && i.openMigrationId === null)
      );
    },
    240_000,
  );
  const owners = new Set((await world.instances()).map(({ ownerNodeId }) => ownerNodeId));
  await world.until(
    'each owner has one container, and nobody else any',
    () =>
      [1, 2].every((at) => {
        const running = world.sharedOn(at, SERVICE).map(({ state }) => state);
        return running.join() === (owners.has(nodeIdOf(at)) ? 'running' : '');
      }),
    60_000,
  );
  for (const car of cars) {
    const { status } = await world.request(car.at, { serviceId: SERVICE, token: car.token });
    expect([car.instanceId, status]).toEqual([car.instanceId, car.isGone ? 410 : 200]);
  }
  for (const at of [1, 2]) {
    const { total, remaining } = await world.agent(at).system.observe();
    const promised = owners.has(nodeIdOf(at)) ? 1 : 0;
    expect(total.cpuMillis - remaining.cpuMillis).toBe(promised * 500);
  }
}

async function end(): Promise<void> {
  ends.get(world)?.abort();
  ends.delete(world);
  await world.end();
}

/** Two cars at the first cluster: one drives to the second, then the other one is gone. */
async function scene(): Promise<void> {
  await begin();
  await join(1);
  await join(1);
}

async function play(): Promise<void> {
  const [first, second] = cars;
  if (first === undefined || second === undefined) throw new Error('two cars');
  first.at = 2;
  await world.clock.advance(8000);
  second.isGone = true;
  await world.clock.advance(IDLE_SECONDS * 1000 + 15_000);
}

async function appendsOf(at: number): Promise<number> {
  await scene();
  const before = world.node(at).appends;
  await play();
  await expectWhole();
  const count = world.node(at).appends - before;
  await end();
  return count;
}

async function crashAt(at: number, { append, when }: CrashPoint): Promise<void> {
  await scene();
  const node = world.node(at);
  node.crashPoint = { append: node.appends + append, when };
  const played = { isOver: false };
  const playing = play().finally(() => (played.isOver = true));
  while (!played.isOver) {
    await world.clock.advance(1000);
    if (node.isUp) continue;
    node.crashPoint = null;
    await world.restart(at);
  }
  await playing;
  node.crashPoint = null;
  if (!node.isUp) await world.restart(at);
  await expectWhole();
}

describe.each([
  [1, 'that is left'],
  [2, 'that is reached'],
])('kill -9 of cluster %d, the one %s,', (at) => {
  it.each(['before', 'after'] as const)('at every entry of its journal, %s it is written, ends well', async (when) => {
    const count = await appendsOf(at);
    expect(count).toBeGreaterThan(8);
    for (let append = 1; append <= count; append += 1) {
      try {
        await crashAt(at, { append, when });
      } catch (error) {
        throw new Error(`${when} entry ${append}: ${String(error)}`, { cause: error });
      }
      await end();
    }
  });
});

type Happening =
  | { readonly kind: 'join'; readonly at: number }
  | { readonly kind: 'drive' | 'leave'; readonly car: number }
  | { readonly kind: 'kill' | 'reboot'; readonly at: number; readonly awayMs: number }
  | { readonly kind: 'wait'; readonly forMs: number };

const at = fc.constantFrom(1, 2);
const car = fc.nat(5);
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('join' as const), at }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('drive' as const, 'leave' as const), car }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('kill' as const, 'kill' as const, 'reboot' as const),
      at,
      awayMs: fc.integer({ min: 0, max: 5000 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), forMs: fc.integer({ min: 0, max: 25_000 }) }),
  },
);

async function happen(what: Happening): Promise<void> {
  if (what.kind === 'join') {
    await join(what.at);
  } else if (what.kind === 'wait') {
    await world.clock.advance(what.forMs);
  } else if ('car' in what) {
    const one = cars[what.car];
    if (one === undefined) return;
    if (what.kind === 'drive') one.at = 3 - one.at;
    else one.isGone = true;
    await world.clock.advance(500);
  } else {
    await killAndRestart(what.at, what.awayMs, what.kind === 'reboot');
  }
}

async function killAndRestart(number: number, awayMs: number, withEngine: boolean): Promise<void> {
  world.crash(number);
  const { engine } = world.node(number);
  if (withEngine) engine.crash();
  await world.clock.advance(awayMs);
  engine.isDown = false;
  await world.restart(number);
}

it('whatever happens in whatever order, it ends with one container where it is used', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { minLength: 4, maxLength: 12 }), async (happenings) => {
      await begin();
      try {
        for (const what of happenings) await happen(what);
        await expectWhole();
        const isKilled = happenings.some(({ kind }) => kind === 'kill' || kind === 'reboot');
        const statuses = new Set(cars.flatMap(({ answers }) => answers.map(({ status }) => status)));
        if (!isKilled) expect([...statuses].filter((status) => status !== 200)).toEqual([]);
      } finally {
        await end();
      }
    }),
    { numRuns: 12 },
  );
});

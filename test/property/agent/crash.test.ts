import { nearNode, startWorld, type World } from '../../support/agents';
import { expectInvariants, isEnded } from '../../support/invariants';
import type { CrashPoint } from '../../support/world-node';
import type { Answer } from '../../support/world-devices';

/** How long an agent stays away, in simulated milliseconds. */
const AWAY_MS = 3000;

// Simulated time costs real time on a busy machine.
jest.setTimeout(60_000);

let world: World;
afterEach(() => world.end());

async function begin(deadlineMs = 120_000): Promise<Answer> {
  // What has failed is left alone until the test is over.
  world = await startWorld({ warmUpMs: 20, settings: { deadlineMs, backoffMs: 60_000 } });
  const first = await world.request(1, { deviceId: 'car-1', position: nearNode(1) });
  return world.request(1, { token: first.token, position: nearNode(1) });
}

/** A device that writes at both clusters all the time while its instance moves. */
async function move({ token }: Answer): Promise<void> {
  world.startTraffic([2, 1], { token, position: nearNode(2), takesMs: 10 }, 150);
  await world.until('it is proposed', async () => (await world.migrations()).length > 0);
}

const hasMoved = async (instanceId: string): Promise<boolean> =>
  (await world.migrations()).length > 0 && isEnded(world, instanceId);

/** How many entries each side writes in a migration without a crash, from the first after the instance serves. */
async function appendsOf(): Promise<Readonly<Record<1 | 2, readonly number[]>>> {
  const device = await begin();
  const before = { 1: world.node(1).appends, 2: world.node(2).appends };
  await move(device);
  await world.until('it has ended', () => hasMoved(device.instanceId));
  await world.clock.advance(2000);
  await world.end();
  const range = (number: 1 | 2): number[] =>
    Array.from({ length: world.node(number).appends - before[number] }, (_, index) => before[number] + index + 1);
  return { 1: range(1), 2: range(2) };
}

interface Trouble {
  /** Before the migration. */
  readonly before?: () => void;
  /** While the agent is away. */
  readonly away?: () => void;
  readonly awayMs?: number;
  readonly deadlineMs?: number;
}

async function crashAt(number: 1 | 2, point: CrashPoint, trouble: Trouble = {}): Promise<Answer> {
  const device = await begin(trouble.deadlineMs);
  const node = world.node(number);
  node.crashPoint = point;
  trouble.before?.();
  world.startTraffic([2, 1], { token: device.token, position: nearNode(2), takesMs: 10 }, 150);
  await world.until('it crashes', () => !node.isUp, 60_000);
  node.crashPoint = null;
  trouble.away?.();
  await world.clock.advance(trouble.awayMs ?? AWAY_MS);
  await world.restart(number);
  await world.until('it has ended', () => hasMoved(device.instanceId));
  await world.clock.advance(3000);
  return device;
}

/** Runs the table: each side is killed at each of its entries, once before it is written and once after. */
async function killEverywhere(
  number: 1 | 2,
  trouble: (number: 1 | 2) => Trouble,
  whens: readonly CrashPoint['when'][],
): Promise<ReadonlySet<string>> {
  const seen = new Set<string>();
  for (const append of (await appendsOf())[number]) {
    for (const when of whens) {
      try {
        const device = await crashAt(number, { append, when }, trouble(number));
        await expectInvariants(world, device);
      } catch (error) {
        throw new Error(`cluster ${number}, ${when} entry ${append}: ${String(error)}`, { cause: error });
      }
      for (const { state } of await world.migrations()) seen.add(state);
      await world.end();
    }
  }
  return seen;
}

const other = (number: 1 | 2): 1 | 2 => (number === 1 ? 2 : 1);

describe.each([
  [1, 'source'],
  [2, 'destination'],
] as const)('kill -9 of cluster %d, the %s,', (number, side) => {
  it('writes enough entries for the table to mean something', async () => {
    expect((await appendsOf())[number].length).toBeGreaterThan(side === 'source' ? 20 : 12);
  });

  it('at every entry of its journal, before it is written and after, ends well', async () => {
    expect(await killEverywhere(number, () => ({}), ['before', 'after'])).toContain('COMPLETED');
  }, 240_000);

  it('while the other one is killed too, ends well', async () => {
    const both = (): Trouble => ({
      away: () => {
        world.crash(other(number));
        void world.clock.sleep(1000).then(() => world.node(other(number)).start());
      },
    });
    await killEverywhere(number, both, ['after']);
  }, 240_000);

  it('with its machine, so that its containers end, ends well', async () => {
    const machine = (): Trouble => ({
      away: () => {
        const { engine } = world.node(number);
        engine.crash();
        engine.isDown = false;
      },
    });
    await killEverywhere(number, machine, ['before']);
  }, 240_000);

  it('for longer than the deadline, ends well', async () => {
    await killEverywhere(number, () => ({ deadlineMs: 8000, awayMs: 10_000 }), ['after']);
  }, 240_000);
});

describe('messages between the agents', () => {
  const operations = ['pick', 'image', 'progress', 'runSpec', 'room'] as const;
  const cases = operations.flatMap((operation) =>
    (['request', 'answer'] as const).flatMap((what) => [1, 2].map((times) => [operation, what, times] as const)),
  );

  it.each(cases)('%s: its %s lost %d times, ends well', async (operation, what, times) => {
    const device = await begin();
    for (const number of [1, 2]) world.node(number).losses.push({ operation, what, times });
    await move(device);
    await world.until('it has ended', () => hasMoved(device.instanceId));
    await world.clock.advance(3000);
    await expectInvariants(world, device);
  });
});

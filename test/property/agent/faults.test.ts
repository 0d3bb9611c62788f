import { nearNode, startWorld, type World } from '../../support/agents';
import { expectInvariants, isEnded } from '../../support/invariants';
import { sampleOf } from '../../support/sample';
import { WORLD_FAULTS, type WorldFault } from '../../support/world-faults';
import type { Answer } from '../../support/world-devices';

/**
 * Each fault at each entry of either side's journal, so in every state of the machine, while a device writes at both
 * clusters all the time. All of it: `BLOSM_TEST_FULL=1`; else the sample that `BLOSM_TEST_SEED` chooses.
 */

// Simulated time costs real time on a busy machine.
jest.setTimeout(600_000);

const DEADLINE_MS = 120_000;

let world: World;
afterEach(() => world.end());

interface Moment {
  readonly side: 1 | 2;
  /** The number of the entry that the side has just written. */
  readonly append: number;
  readonly name: string;
}

async function begin(): Promise<Answer> {
  world = await startWorld({ warmUpMs: 20, settings: { deadlineMs: DEADLINE_MS } });
  const first = await world.request(1, { deviceId: 'car-1', position: nearNode(1) });
  return world.request(1, { token: first.token, position: nearNode(1) });
}

const hasMoved = async ({ instanceId }: Answer): Promise<boolean> =>
  (await world.migrations()).length > 0 && isEnded(world, instanceId);

const drive = ({ token }: Answer, everyMs = 150): Answer[] =>
  world.startTraffic([2, 1], { token, position: nearNode(2), takesMs: 10 }, everyMs);

/** The entries of both sides in a migration to which nothing happens. */
async function momentsOf(): Promise<Moment[]> {
  const device = await begin();
  const moments: Moment[] = [];
  for (const side of [1, 2] as const) {
    world.node(side).onAppend = (append, { kind, name }) => {
      moments.push({ side, append, name: `${kind} ${name}` });
    };
  }
  drive(device);
  await world.until('it has moved', () => hasMoved(device));
  await world.clock.advance(3000);
  await world.end();
  return moments;
}

/** Ten minutes of simulated time take a second of ours. */
const isLong = ({ forMs }: WorldFault): boolean => forMs > 60_000;

async function strike(fault: WorldFault, { side, append }: Moment): Promise<void> {
  const device = await begin();
  const node = world.node(side);
  const state = { struck: false };
  node.onAppend = (number) => {
    if (number !== append || state.struck) return;
    state.struck = true;
    // After the entry has come back, as everything that happens to a machine at a moment of its own.
    setImmediate(() => fault.begin(world));
  };
  drive(device, isLong(fault) ? 900 : 150);
  await world.until('the moment has come', () => state.struck, 60_000);
  await world.clock.advance(fault.forMs);
  await world.clock.runUntil(Promise.resolve(fault.end(world)));
  await expectInvariants(world, device);
}

describe.each(WORLD_FAULTS.map((fault) => [fault.name, fault] as const))('%s', (name, fault) => {
  it('in any state of a migration, under load: the invariants hold', async () => {
    const moments = await momentsOf();
    expect(moments.length).toBeGreaterThan(40);
    for (const moment of sampleOf(moments, `faults ${name}`, isLong(fault) ? 2 : 4)) {
      try {
        await strike(fault, moment);
      } catch (error) {
        const when = `after entry ${moment.append} of cluster ${moment.side} (${moment.name})`;
        throw new Error(`${name} ${when}: ${String(error)}`, { cause: error });
      }
      await world.end();
    }
  });
});

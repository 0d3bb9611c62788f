import { timelineOf } from '../../../agent/app/control/timeline';
import { BlosmError } from '../../../chaincode/src/model';
import { nearNode, startWorld, type World } from '../../support/agents';

// Simulated time costs real time on a busy machine.
jest.setTimeout(60_000);

/** How often a device asks, in simulated milliseconds: so exactly an outage can be seen from outside. */
const EVERY_MS = 20;

let world: World;
afterEach(() => world.end());

/** The longest time in which no request was answered. */
function longestGapMs(): number {
  const times = world.acknowledged.map(({ atMs }) => atMs);
  return Math.max(...times.slice(1).map((atMs, index) => atMs - times[index]!));
}

it.each(['stopContainer', 'pushImage'] as const)(
  'the outage of a migration that is aborted because %s fails is told, and is what the device has seen',
  async (operation) => {
    world = await startWorld();
    const first = await world.request(1, { deviceId: 'car-1', position: nearNode(1) });
    const fails = new BlosmError('BLOSM_E_INTERNAL', 'it does not work', { stage: 'engine' });
    world.node(1).engine.fault({ operation, fails, takesMs: 700 });
    world.startTraffic([1], { token: first.token, position: nearNode(2) }, EVERY_MS);
    const state = async (): Promise<string | undefined> => (await world.migrations())[0]?.state;
    await world.until('it is aborted', async () => (await state()) === 'ABORTED');
    await world.clock.advance(3000);
    const [migration] = await world.migrations();
    const { outageMs } = await timelineOf(world.agent(1), migration!.migrationId, {});
    expect(outageMs).toBeGreaterThanOrEqual(700);
    expect(Math.abs(Number(outageMs) - longestGapMs())).toBeLessThanOrEqual(5 * EVERY_MS);
  },
);

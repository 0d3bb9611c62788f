import { nearNode, nodeIdOf, startWorld, type World } from '../../support/agents';
import { expectInvariants } from '../../support/invariants';
import type { Answer } from '../../support/world-devices';
import { WORLD_FAULTS } from '../../support/world-faults';

// Simulated time costs real time on a busy machine.
jest.setTimeout(120_000);

let world: World;
afterEach(() => world.end());

async function begin(): Promise<Answer> {
  world = await startWorld({ warmUpMs: 20, settings: { deadlineMs: 600_000 } });
  const first = await world.request(1, { deviceId: 'car-1', position: nearNode(1) });
  return world.request(1, { token: first.token, position: nearNode(1) });
}

/** Why the second cluster waits, as `explain` tells it. */
const reasonAt2 = ({ instanceId }: Answer): string => {
  const { plan } = world.agent(2).lanes.get(instanceId)?.state ?? {};
  return plan?.kind === 'wait' ? plan.reason : '';
};

it('a destination that is cut off right after its Prepare keeps its copy, which has become the only one that counts', async () => {
  const device = await begin();
  const cut = WORLD_FAULTS.find(({ name }) => name === 'the link of the destination cut for 600 s')!;
  const prepare = world.channel.fault('hold', 'MigrationContract:Prepare');
  await world.request(2, { token: device.token, position: nearNode(2) });
  await world.until('the orderer has it', () => prepare.met);
  cut.begin(world);
  prepare.release();
  await world.until('the second owns it', async () => (await world.instance(device.instanceId)).epoch === 2);
  await world.until('which has given up', () => reasonAt2(device).startsWith('gave up'), 400_000);
  await world.clock.advance(30_000);
  expect(world.containersOn(device.instanceId)).toContain(2);
  await cut.end(world);
  await expectInvariants(world, device);
  expect(await world.instance(device.instanceId)).toMatchObject({ ownerNodeId: nodeIdOf(2), openMigrationId: null });
});

it('a destination whose Prepare has never arrived keeps its copy only until the source has aborted', async () => {
  const device = await begin();
  const tries = Array.from({ length: 10 }, () => world.channel.fault('drop', 'MigrationContract:Prepare'));
  await world.request(2, { token: device.token, position: nearNode(2) });
  await world.until('it is tried', () => tries[0]!.met);
  await world.until('it is aborted', async () => (await world.migrations())[0]?.state === 'ABORTED', 600_000);
  await expectInvariants(world, device);
});

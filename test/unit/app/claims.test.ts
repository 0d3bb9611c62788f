import type { NodeState } from '../../../chaincode/src/model';
import { nearNode, nodeIdOf, startWorld, type World } from '../../support/agents';
import type { Answer } from '../../support/world-devices';

// Simulated time costs real time on a busy machine.
jest.setTimeout(60_000);

/** An owner that died in the middle of a migration of a stateless instance; the others still have a lane for it. */

let world: World;
afterEach(() => world.end());

const ask = (at: number, { token }: Answer): Promise<Answer> =>
  world.request(at, { serviceId: 'detect', token, position: nearNode(at) });

async function begin(): Promise<Answer> {
  world = await startWorld({ settings: { deadlineMs: 3_600_000 } });
  return world.request(1, { serviceId: 'detect', deviceId: 'car', position: nearNode(1) });
}

async function dies(number: number): Promise<void> {
  world.crash(number);
  const asker = world.node(number === 3 ? 1 : 3).ledger;
  const state = async (): Promise<NodeState> => (await asker.query('NodeContract:Get', [nodeIdOf(number)])).state;
  await world.until('it is suspended', async () => (await state()) === 'SUSPENDED', 120_000);
}

async function expectClaimedBy(number: number, device: Answer): Promise<void> {
  expect(await ask(number, device)).toMatchObject({ status: 200, servedBy: `edge${number}` });
  const { instanceId } = device;
  expect(await world.instance(instanceId)).toMatchObject({ ownerNodeId: nodeIdOf(number), openMigrationId: null });
  await world.clock.advance(10_000);
  expect(await ask(3, device)).toMatchObject({ status: 200, servedBy: `edge${number}` });
}

it('the source that keeps the stopped copy claims it from the new owner that died before it completed', async () => {
  const device = await begin();
  const complete = world.channel.fault('drop', 'MigrationContract:Complete');
  await ask(2, device);
  await world.until('it is to be completed', () => complete.met);
  await dies(2);
  expect(world.agent(1).lanes.get(device.instanceId)?.mode).toEqual({ kind: 'forward', nodeId: nodeIdOf(2) });
  await expectClaimedBy(1, device);
});

it('the cluster that was picked claims it from the source that died before it sent the image', async () => {
  const device = await begin();
  let isPicked = false;
  world.node(2).onAppend = (_, { name }) => {
    isPicked ||= name === 'order';
    if (isPicked) world.crash(1);
  };
  await ask(2, device);
  await world.until('it is picked', () => isPicked);
  await dies(1);
  expect(world.agent(2).lanes.get(device.instanceId)?.mode).toEqual({ kind: 'forward', nodeId: nodeIdOf(1) });
  await expectClaimedBy(2, device);
});

it('the cluster that has prepared claims it from the source that died before the hand-over', async () => {
  const device = await begin();
  const handOver = world.channel.fault('drop', 'MigrationContract:HandOver');
  await ask(2, device);
  await world.until('it is to be handed over', () => handOver.met);
  await dies(1);
  expect(world.agent(2).lanes.get(device.instanceId)?.mode?.kind).toBe('starting');
  await expectClaimedBy(2, device);
});

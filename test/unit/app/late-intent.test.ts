import { nearNode, startWorld, type World } from '../../support/agents';
import type { Answer } from '../../support/world-devices';

// Simulated time costs real time on a busy machine.
jest.setTimeout(60_000);

let world: World;
let device: Answer;
beforeEach(async () => {
  world = await startWorld({ settings: { resyncMs: 60_000 } });
  device = await world.request(1, { deviceId: 'car-1', position: nearNode(1) });
});
afterEach(() => world.end());

const at = (number: number, from = number): Promise<Answer> =>
  world.request(from, { token: device.token, position: nearNode(number) });

const hasIntent = (): boolean => world.agent(1).journal.factsOf(device.instanceId).migrations.length > 0;

const isOver = (): boolean => world.agent(1).journal.unfinished().length === 0;

it.each([
  ['coverage exit', 1],
  ['reconnect', 2],
])('a %s that was decided without the ledger is not proposed when the device has come back', async (_, seenBy) => {
  world.channel.ordererRunning = false;
  for (let turn = 0; turn < 3; turn += 1) {
    await at(2, seenBy);
    await world.clock.advance(1000);
  }
  await world.until('it is to move', hasIntent);
  await at(1);
  await world.clock.advance(60_000);
  world.channel.ordererRunning = true;
  await world.until('that is over', isOver);
  await world.clock.advance(60_000);
  expect(await world.migrations()).toEqual([]);
  expect(await at(1)).toMatchObject({ status: 200, servedBy: 'edge1' });
  await world.until('it goes when its device goes', async () => (await at(2)).servedBy === 'edge2');
});

it('a proposal that the orderer delivers after the device has come back is aborted', async () => {
  const proposals = Array.from({ length: 5 }, () => world.channel.fault('hold', 'MigrationContract:Propose'));
  await at(2);
  await world.until('it is to be proposed', () => proposals[0]!.met);
  await at(1);
  await world.until('that is over', isOver);
  proposals[0]!.release();
  await world.until('it is aborted', async () => (await world.migrations())[0]?.state === 'ABORTED', 10_000);
  expect((await world.migrations())[0]?.abort).toMatchObject({
    stage: 'propose',
    reason: 'the device is back in the coverage',
  });
  expect(await at(1)).toMatchObject({ status: 200, servedBy: 'edge1' });
});

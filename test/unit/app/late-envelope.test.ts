import type { Fault } from '../../fakes/channel';
import { nearNode, nodeIdOf, startWorld, type World } from '../../support/agents';
import type { Answer } from '../../support/world-devices';

// Simulated time costs real time on a busy machine.
jest.setTimeout(60_000);

/** How late the first envelope is, at least. */
const LATE_MS = 60_000;
/** More than an agent makes of one hand-over or abort. */
const MOST_TRIES = 10;

let world: World;
afterEach(() => world.end());

const holdAll = (name: string): Fault[] =>
  Array.from({ length: MOST_TRIES }, () => world.channel.fault('hold', `MigrationContract:${name}`));

/** An instance that is to move to the second cluster, and whose device asks all three clusters all the time. */
async function begin(): Promise<Answer> {
  const first = await world.request(1, { deviceId: 'car-1', position: nearNode(1) });
  const device = await world.request(2, { token: first.token, position: nearNode(2) });
  // Where the device is it does not say again: one migration is enough.
  world.startTraffic([1, 2, 3], { token: device.token }, 300);
  return device;
}

const stateOf = async (): Promise<string | undefined> => (await world.migrations())[0]?.state;

/** One owner, who serves alone; every write that was ever acknowledged counted once. */
async function expectOneOwner({ token, instanceId }: Answer, number: number): Promise<void> {
  await world.clock.advance(30_000);
  expect(await world.instance(instanceId)).toMatchObject({ ownerNodeId: nodeIdOf(number), openMigrationId: null });
  for (const at of [1, 2, 3]) {
    expect(await world.request(at, { token })).toMatchObject({ status: 200, servedBy: `edge${number}` });
  }
  expect(world.runningOn(instanceId)).toEqual([number]);
  const counts = world.counts(instanceId);
  expect(counts).toEqual(counts.map((_, index) => index + 1));
  expect(world.unheard).toBe(0);
}

describe('a hand-over that the orderer delivers 60 s late', () => {
  it.each([
    ['before the abort that is under way', ['HandOver', 'Abort'], 'COMPLETED', 2],
    ['after the abort that is under way', ['Abort', 'HandOver'], 'ABORTED', 1],
  ] as const)('%s: settled, not guessed', async (_, order, state, owner) => {
    world = await startWorld();
    const device = await begin();
    const faults = { HandOver: holdAll('HandOver'), Abort: holdAll('Abort') };
    await world.until('the hand-over has left', () => faults.HandOver[0]!.met);
    const leftAtMs = world.clock.nowMs();
    await world.until('the agent has given up waiting', () => faults.Abort[0]!.met);
    await world.clock.advance(Math.max(0, leftAtMs + LATE_MS - world.clock.nowMs()));
    expect(await stateOf()).toBe('PROPOSED');
    expect(world.runningOn(device.instanceId)).toEqual([2]);
    const answered = world.counts(device.instanceId).length;
    await world.clock.advance(5000);
    // Nobody knows yet whose it is: neither of the two answers.
    expect(world.counts(device.instanceId)).toHaveLength(answered);
    for (const name of order) for (const fault of faults[name]) fault.release();
    await expectOneOwner(device, owner);
    expect(await stateOf()).toBe(state);
  });

  it.each([
    ['in one block, the hand-over first', ['HandOver', 'Abort'], 'COMPLETED', 2],
    ['in one block, the abort first', ['Abort', 'HandOver'], 'ABORTED', 1],
  ] as const)('with the abort %s: the first one is valid, the other has no effect', async (_, order, state, owner) => {
    world = await startWorld();
    const device = await begin();
    const faults = { HandOver: holdAll('HandOver'), Abort: holdAll('Abort') };
    await world.until('both have left', () => faults.Abort[0]!.met);
    await world.clock.advance(LATE_MS);
    world.channel.batchTimeoutMs = 20;
    for (const name of order) faults[name][0]!.release();
    await world.clock.advance(100);
    const { blocks } = world.channel.peer('Edge1MSP');
    const both = blocks.find(({ transactions }) => transactions.length === 2);
    expect(both?.transactions.map(({ validationCode }) => validationCode)).toEqual(['VALID', 'MVCC_READ_CONFLICT']);
    for (const fault of [...faults.HandOver, ...faults.Abort]) fault.release();
    await expectOneOwner(device, owner);
    expect(await stateOf()).toBe(state);
  });

  it('after the abort that has been committed: the source has it, and the late one has no effect', async () => {
    world = await startWorld();
    const device = await begin();
    const handOvers = holdAll('HandOver');
    await world.until('it is aborted', async () => (await stateOf()) === 'ABORTED', 600_000);
    for (const fault of handOvers) fault.release();
    await expectOneOwner(device, 1);
    expect((await world.instance(device.instanceId)).epoch).toBe(1);
  });

  it('while the source is dead: the new owner goes on, and the source knows it when it comes back', async () => {
    world = await startWorld({ settings: { leaseMs: 300_000 } });
    const device = await begin();
    const handOvers = holdAll('HandOver');
    await world.until('the hand-over has left', () => handOvers[0]!.met);
    world.crash(1);
    await world.clock.advance(LATE_MS);
    handOvers[0]!.release();
    await world.clock.advance(10_000);
    await world.restart(1);
    await expectOneOwner(device, 2);
    expect(await stateOf()).toBe('COMPLETED');
  });

  it('after the source was suspended: it has no effect, and the source goes on when it comes back', async () => {
    world = await startWorld();
    const device = await begin();
    const handOvers = holdAll('HandOver');
    await world.until('the hand-over has left', () => handOvers[0]!.met);
    world.crash(1);
    const isSuspended = async (): Promise<boolean> =>
      (await world.node(2).ledger.query('NodeContract:Get', ['Edge1MSP'])).state === 'SUSPENDED';
    await world.until('it is suspended', isSuspended, 120_000);
    await world.clock.advance(LATE_MS);
    handOvers[0]!.release();
    await world.clock.advance(1000);
    expect(await stateOf()).toBe('PROPOSED');
    await world.restart(1);
    await world.until('it is aborted', async () => (await stateOf()) === 'ABORTED', 120_000);
    await expectOneOwner(device, 1);
  });
});

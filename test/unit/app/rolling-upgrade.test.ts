import { nearNode, nodeIdOf, startWorld, type World } from '../../support/agents';

// Simulated time costs real time on a busy machine.
jest.setTimeout(60_000);

let world: World;
afterEach(() => world.end());

/** The number-th cluster's agent is replaced by one that speaks these versions; its containers run on. */
async function replace(number: number, oldest: number, newest: number): Promise<void> {
  world.crash(number);
  world.network.speaks.set(nodeIdOf(number), { oldest, newest });
  await world.restart(number);
  await world.until('the new agent has caught up', () => world.agent(number).isFresh);
}

async function moveTo(number: number, token: string, ended: number): Promise<void> {
  const hasEnded = async () => (await world.migrations()).filter(({ state }) => state === 'COMPLETED').length === ended;
  // A device goes on sending; after a failure its instance is left alone for a while.
  for (let turn = 0; turn < 60 && !(await hasEnded()); turn += 1) {
    await world.request(number, { token, position: nearNode(number) });
    await world.clock.advance(2000);
  }
  expect(await hasEnded()).toBe(true);
}

test('agents are upgraded and downgraded one by one while instances move between them', async () => {
  world = await startWorld();
  const { token, instanceId } = await world.request(1, { deviceId: 'car-1', position: nearNode(1) });
  let ended = 0;
  const steps: [number, number, number][] = [
    [2, 1, 2],
    [3, 1, 2],
    [1, 1, 2],
    // Nobody needs version 1 any more; then one goes back to the release before.
    [2, 2, 3],
    [3, 1, 2],
  ];
  for (const [number, oldest, newest] of steps) {
    await replace(number, oldest, newest);
    // To the new one and away from it, or the other way round.
    await moveTo(number === 1 ? 2 : number, token, (ended += 1));
    await moveTo(1, token, (ended += 1));
  }
  const last = world.counts(instanceId);
  expect(last).toEqual(Array.from({ length: last.length }, (_, index) => index + 1));
  expect((await world.instance(instanceId)).epoch).toBe(ended + 1);
});

test('one that is too new is left alone with a sentence, and the others go on with each other', async () => {
  world = await startWorld();
  const first = await world.request(1, { deviceId: 'car-1', position: nearNode(1) });
  await replace(2, 7, 8);
  // It covers the device best, and nobody can order anything of it.
  await world.request(1, { token: first.token, position: nearNode(2) });
  await world.until(
    'the migration has failed',
    async () => (await world.migrations())[0]?.state === 'ABORTED',
    120_000,
  );
  const said = world
    .node(1)
    .log.lines.map((line) => JSON.stringify(line))
    .join('\n');
  expect(said).toMatch(/Edge1MSP speaks version 1 .*Edge2MSP speaks versions 7 to 8: upgrade the agent of Edge1MSP/);
  // Also on the ledger, where every operator reads it.
  expect((await world.migrations())[0]?.abort?.reason).toMatch(/edge2: refused when it was picked .*of Edge1MSP\)/);
  expect(await world.request(1, { token: first.token })).toMatchObject({ status: 200, servedBy: 'edge1' });

  await moveTo(3, first.token, 1);
  expect(await world.request(3, { token: first.token })).toMatchObject({ status: 200, servedBy: 'edge3' });
  const counts = world.counts(first.instanceId);
  expect(counts).toEqual(Array.from({ length: counts.length }, (_, index) => index + 1));
});

import { assert, asyncProperty, array, constantFrom, record, boolean } from 'fast-check';
import { nearNode, startWorld, type World } from '../../support/agents';

// Simulated time costs real time on a busy machine.
jest.setTimeout(120_000);

/** One stay of the device: where its instance moves to, what the device does there, what goes wrong meanwhile. */
const stay = record({
  at: constantFrom(1, 2, 3),
  /** Whether it asks at all, by which cluster, and whether its next request uses the token that the answer brought. */
  asks: boolean(),
  by: constantFrom(1, 2, 3),
  takes: boolean(),
  /** The last owner does not say which token the device uses. */
  isCut: boolean(),
  /** The new owner is killed and comes back. */
  isKilled: boolean(),
});

async function expectNeverLockedOut(world: World, stays: readonly Stay[]): Promise<void> {
  const first = await world.request(1, { deviceId: 'car-1', position: nearNode(1) });
  const { instanceId } = first;
  let mine = first.token;
  let owner = 1;
  const ask = async (by: number): Promise<string> => {
    const answer = await world.request(by, { token: mine });
    expect(answer).toMatchObject({ status: 200, instanceId });
    return answer.token;
  };
  for (const { at, asks, by, takes, isCut, isKilled } of stays) {
    if (at !== owner) {
      const { epoch } = await world.instance(instanceId);
      if (isCut) world.network.cut(`Edge${at}MSP`, `Edge${owner}MSP`);
      await world.request(at, { token: mine, position: nearNode(at) });
      await world.until('it has moved', async () => {
        const instance = await world.instance(instanceId);
        return instance.epoch === epoch + 1 && instance.openMigrationId === null;
      });
      world.network.mend(`Edge${at}MSP`, `Edge${owner}MSP`);
      owner = at;
    }
    if (isKilled) {
      world.crash(owner);
      await world.restart(owner);
    }
    if (!asks) continue;
    const offered = await ask(by);
    if (!takes || offered === mine) continue;
    const before = mine;
    mine = offered;
    await ask(by);
    await world.clock.advance(world.node(owner).settings.holdMs + 1);
    expect(await world.request(owner, { token: before })).toMatchObject({ status: 401 });
  }
  await ask(1);
}

interface Stay {
  readonly at: number;
  readonly asks: boolean;
  readonly by: number;
  readonly takes: boolean;
  readonly isCut: boolean;
  readonly isKilled: boolean;
}

test('whatever a device does with the tokens it is given, it is never locked out; what it has left is worth nothing', async () => {
  await assert(
    asyncProperty(array(stay, { minLength: 3, maxLength: 6 }), async (stays) => {
      const world = await startWorld();
      try {
        await expectNeverLockedOut(world, stays);
      } finally {
        await world.end();
      }
    }),
    { numRuns: 12, seed: 20_220_121 },
  );
});

import { NEED, nearNode, publish, startWorld, worldSettings, type World } from '../../support/agents';
import type { Answer, DeviceRequest } from '../../support/world-devices';

// Simulated time costs real time on a busy machine.
jest.setTimeout(120_000);

const MEBI = 1_048_576;
/** Room for one container (128 MiB), not for two. */
const SMALL = { capacity: { ...worldSettings(1).capacity, memoryBytes: 200 * MEBI } };

let world: World;
afterEach(() => world.end());

async function begin(options: Parameters<typeof startWorld>[0] = {}): Promise<void> {
  world = await startWorld({ warmUpMs: 20, ...options });
  await publish(world, 'shared', 'image-recognition', 'none', {
    registration: { tenancy: 'shared', idleSeconds: 300 },
  });
}

const ask = (at: number, request: DeviceRequest): Promise<Answer> =>
  world.request(at, { serviceId: 'shared', ...request });

const containerIds = (at: number): string[] => world.sharedOn(at, 'shared').map(({ id }) => id);

/** Asks until the idle time is over. */
async function waitFor(instanceIds: readonly string[], keepAsking: readonly Answer[]): Promise<void> {
  await world.until(
    'they are removed',
    async () => {
      for (const { token } of keepAsking) expect(await ask(1, { token })).toMatchObject({ status: 200 });
      await world.clock.advance(10_000);
      return (await world.instances()).every(({ instanceId }) => !instanceIds.includes(instanceId));
    },
    1_200_000,
  );
}

describe('a shared service', () => {
  it('has one container on a cluster, for which one need is promised', async () => {
    await begin({ settings: SMALL });
    const answers: Answer[] = [];
    for (const deviceId of ['car-1', 'car-2', 'car-3']) answers.push(await ask(1, { deviceId }));
    expect(answers.map(({ status, servedBy }) => [status, servedBy])).toEqual(Array(3).fill([200, 'edge1']));
    // It counts in one file, whoever asks.
    expect(answers.map(({ count }) => count)).toEqual([1, 2, 3]);
    expect(new Set(answers.map(({ instanceId }) => instanceId)).size).toBe(3);
    expect(containerIds(1)).toHaveLength(1);
    const { remaining, total } = await world.agent(1).system.observe();
    expect(total.memoryBytes - remaining.memoryBytes).toBe(NEED.memoryBytes);
    expect(world.sharedOn(1, 'shared')[0]?.order.name).toBe('blosm-shared-Edge1MSP-shared');
  });

  it('gets one container from first requests that come at once', async () => {
    await begin({ settings: SMALL });
    const cars = ['car-1', 'car-2', 'car-3', 'car-4'];
    const answers = await world.clock.runUntil(
      Promise.all(cars.map((deviceId) => world.send(1, { serviceId: 'shared', deviceId }))),
    );
    expect(answers.map(({ status, servedBy }) => [status, servedBy])).toEqual(Array(4).fill([200, 'edge1']));
    expect(containerIds(1)).toHaveLength(1);
  });

  it('keeps its container for whom uses it, and loses it with the last', async () => {
    await begin();
    const [first, second] = [await ask(1, { deviceId: 'car-1' }), await ask(1, { deviceId: 'car-2' })];
    const [id] = containerIds(1);
    await waitFor([first.instanceId], [second]);
    expect(containerIds(1)).toEqual([id]);
    await waitFor([second.instanceId], []);
    await world.until('the container is gone', () => containerIds(1).length === 0);
    expect(world.node(1).engine.faults.count('createContainer')).toBe(1);
    const { remaining, total } = await world.agent(1).system.observe();
    expect(remaining).toEqual(total);
  });

  it('moves for one device; the others stay, and nobody notices', async () => {
    await begin();
    const [first, second] = [await ask(1, { deviceId: 'car-1' }), await ask(1, { deviceId: 'car-2' })];
    const [id] = containerIds(1);
    const moving = world.startTraffic(
      [1, 2],
      { serviceId: 'shared', token: first.token, position: nearNode(2), takesMs: 30 },
      50,
    );
    const staying = world.startTraffic([1], { serviceId: 'shared', token: second.token, takesMs: 30 }, 50);
    await world.until('it has moved', async () => (await world.migrations())[0]?.state === 'COMPLETED');
    await world.clock.advance(10_000);
    expect(new Set(moving.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(staying.map(({ status }) => status))).toEqual(new Set([200]));
    expect(moving.at(-1)).toMatchObject({ servedBy: 'edge2' });
    expect(staying.at(-1)).toMatchObject({ servedBy: 'edge1' });
    expect(containerIds(1)).toEqual([id]);
    expect(containerIds(2)).toHaveLength(1);
    expect(world.node(1).engine.faults.count('stopContainer')).toBe(0);
    expect(world.node(1).engine.faults.count('commitContainer')).toBe(0);
  });

  it('finds the container of the other cluster warm, without room for another, and takes its own away', async () => {
    await begin({ settingsOf: { 2: SMALL } });
    const there = await ask(2, { deviceId: 'car-2', position: nearNode(2) });
    const [id] = containerIds(2);
    const { token } = await ask(1, { deviceId: 'car-1', position: nearNode(1) });
    await ask(2, { token, position: nearNode(2) });
    await world.clock.advance(2000);
    await ask(2, { token, position: nearNode(2) });
    await world.until('it has moved', async () => (await world.migrations())[0]?.state === 'COMPLETED');
    expect(await ask(2, { token })).toMatchObject({ status: 200, servedBy: 'edge2' });
    expect(await ask(2, { token: there.token })).toMatchObject({ status: 200, servedBy: 'edge2' });
    expect(containerIds(2)).toEqual([id]);
    await world.until('the old one is gone', () => containerIds(1).length === 0);
    expect(world.node(2).engine.faults.count('createContainer')).toBe(1);
    expect(world.node(2).engine.faults.count('pullImage')).toBe(1);
    const promised = async (at: number): Promise<number> => {
      const { total, remaining } = await world.agent(at).system.observe();
      return total.memoryBytes - remaining.memoryBytes;
    };
    expect([await promised(1), await promised(2)]).toEqual([0, NEED.memoryBytes]);
  });

  it('lets a long request of a device that has moved end before its container goes', async () => {
    await begin({ settings: { drainMs: 20_000 } });
    const { token } = await ask(1, { deviceId: 'car-1', position: nearNode(1) });
    const long = world.send(1, { serviceId: 'shared', token, takesMs: 12_000 });
    world.startTraffic([2], { serviceId: 'shared', token, position: nearNode(2) }, 200);
    await world.until('it has moved', async () => (await world.migrations())[0]?.state === 'COMPLETED');
    expect(containerIds(1)).toHaveLength(1);
    expect(await world.clock.runUntil(long)).toMatchObject({ status: 200, servedBy: 'edge1' });
    await world.until('the container is gone', () => containerIds(1).length === 0);
  });

  it('is not swept away after a start before its users have looked for it', async () => {
    await begin();
    const answers = [await ask(1, { deviceId: 'car-1' }), await ask(1, { deviceId: 'car-2' })];
    const [id] = containerIds(1);
    world.crash(1);
    world.node(1).engine.fault({ operation: 'listImages', takesMs: 3000, times: 2 });
    await world.restart(1);
    await world.clock.advance(10_000);
    expect(containerIds(1)).toEqual([id]);
    expect(world.node(1).engine.faults.count('stopContainer')).toBe(0);
    for (const { token } of answers) expect(await ask(1, { token })).toMatchObject({ status: 200 });
  });

  it('is swept away after a start when nobody uses it any more', async () => {
    await begin();
    await ask(1, { deviceId: 'car-1' });
    const node = world.node(1);
    node.engine.fault({ operation: 'removeContainer', hangs: true });
    await world.until('it is being removed', () => node.engine.faults.count('removeContainer') > 0, 400_000);
    world.crash(1);
    await world.restart(1);
    await world.until('the container is gone', () => containerIds(1).length === 0);
  });

  it('goes on in a container that ended by itself', async () => {
    await begin();
    const answers = [await ask(1, { deviceId: 'car-1' }), await ask(1, { deviceId: 'car-2' })];
    world.node(1).engine.crash();
    world.node(1).engine.isDown = false;
    await world.clock.advance(10_000);
    for (const { token } of answers) expect(await ask(1, { token })).toMatchObject({ status: 200 });
    expect(containerIds(1)).toHaveLength(1);
  });
});

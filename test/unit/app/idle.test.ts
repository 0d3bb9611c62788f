import { publish, startWorld, nearNode, type World } from '../../support/agents';
import type { Answer } from '../../support/world-devices';

// Simulated time costs real time on a busy machine.
jest.setTimeout(120_000);

const IDLE_SECONDS = 60;
const IDLE_MS = IDLE_SECONDS * 1000;
/** By how much later an instance may go: a lane's rest, and what a restart forgets. */
const SLACK_MS = 20_000;

let world: World;
afterEach(() => world.end());

async function begin(state: 'none' | 'files' = 'files'): Promise<Answer> {
  world = await startWorld();
  await publish(world, 'short', 'counter', state, { registration: { idleSeconds: IDLE_SECONDS } });
  return ask({ deviceId: 'car-1' });
}

const ask = (request: { deviceId?: string; token?: string; takesMs?: number }, at = 1): Promise<Answer> =>
  world.request(at, { serviceId: 'short', ...request });

const exists = async (instanceId: string): Promise<boolean> =>
  (await world.instances()).some((instance) => instance.instanceId === instanceId);

/** Nothing of it is left: no record, no container, no promise, no lane. */
async function expectGone({ instanceId, token }: Answer): Promise<void> {
  await world.until('its container is gone', () => world.containersOn(instanceId).length === 0);
  await world.until('its lane has ended', () => world.agent(1).lanes.get(instanceId) === undefined);
  const { remaining, total } = await world.agent(1).system.observe();
  expect(remaining).toEqual(total);
  for (const at of [1, 2]) {
    expect(await ask({ token }, at)).toMatchObject({
      status: 410,
      code: 'BLOSM_E_NOT_FOUND',
      reason: 'the instance was removed; ask again without the token',
    });
  }
}

describe('an instance that nobody asks for', () => {
  it('goes after its time, its device is told so and gets a new one', async () => {
    const first = await begin();
    const atMs = world.clock.nowMs();
    await world.until('it is removed', async () => !(await exists(first.instanceId)));
    expect(world.clock.nowMs() - atMs).toBeGreaterThanOrEqual(IDLE_MS);
    expect(world.clock.nowMs() - atMs).toBeLessThan(IDLE_MS + SLACK_MS);
    await expectGone(first);
    const next = await ask({ deviceId: 'car-1' });
    expect(next).toMatchObject({ status: 200, count: 1 });
    expect(next.instanceId).not.toBe(first.instanceId);
    expect(await world.node(1).activity.load()).toEqual({ [next.instanceId]: expect.any(Number) as unknown });
  });

  it('stays as long as somebody asks, tells a position or keeps a connection open', async () => {
    const { token, instanceId } = await begin();
    for (let turn = 0; turn < 3; turn += 1) {
      await world.clock.advance(IDLE_MS - 15_000);
      expect(await ask({ token }, 2)).toMatchObject({ status: 200 });
    }
    for (let turn = 0; turn < 3; turn += 1) {
      await world.clock.advance(IDLE_MS - 15_000);
      await world.agent(1).router.reportPosition(token, nearNode(1));
    }
    const long = world.send(1, { serviceId: 'short', token, takesMs: 3 * IDLE_MS });
    await world.clock.advance(3 * IDLE_MS - 1);
    expect(await exists(instanceId)).toBe(true);
    expect(await world.clock.runUntil(long)).toMatchObject({ status: 200 });
    await world.until('it is removed', async () => !(await exists(instanceId)));
  });

  it('of a service without an idle time stays', async () => {
    await begin();
    const other = await world.request(1, { deviceId: 'car-2' });
    await world.clock.advance(10 * IDLE_MS);
    expect(await exists(other.instanceId)).toBe(true);
  });

  it('is not lost with a request that comes while it goes: served before, or told after', async () => {
    const seen = new Set<number>();
    for (let lateMs = -30; lateMs <= 60; lateMs += 6) {
      const { token, instanceId } = await begin('files');
      world.channel.batchTimeoutMs = 20;
      const lane = world.agent(1).lanes.get(instanceId);
      const sinceMs = lane?.activity.idleSinceMs ?? 0;
      await world.clock.advance(sinceMs + IDLE_MS + lateMs - world.clock.nowMs());
      const answer = await ask({ token });
      if (answer.status === 200) {
        // It counts on: neither it nor what it has acknowledged is gone.
        await world.clock.advance(IDLE_MS / 2);
        expect(await ask({ token })).toMatchObject({ status: 200, count: 3 });
      } else {
        expect(answer).toMatchObject({ status: 410 });
        await expectGone({ ...answer, instanceId, token });
      }
      seen.add(answer.status);
      await world.end();
    }
    expect(seen).toEqual(new Set([200, 410]));
  });

  it('goes on serving while the ledger takes nothing', async () => {
    const { token, instanceId } = await begin();
    world.channel.ordererRunning = false;
    await world.clock.advance(3 * IDLE_MS);
    expect(await exists(instanceId)).toBe(true);
    world.channel.ordererRunning = true;
    await world.until('it is removed', async () => !(await exists(instanceId)));
    await expectGone({ token, instanceId } as Answer);
  });

  it('acknowledges nothing any more while its removal may still be on its way', async () => {
    const { token, instanceId } = await begin();
    const late = world.channel.fault('hold', 'InstanceContract:Remove');
    await world.until('its removal is under way', () => late.met);
    expect(await ask({ token })).toMatchObject({
      status: 503,
      reason: expect.stringMatching(/being removed/) as string,
    });
    expect(world.counts(instanceId)).toEqual([1]);
    world.crash(1);
    await world.restart(1);
    late.release();
    await world.until('it is removed', async () => !(await exists(instanceId)));
    await expectGone({ token, instanceId } as Answer);
    expect(world.counts(instanceId)).toEqual([1]);
  });
});

describe('restarts', () => {
  it('do not begin the time anew, and do not shorten it', async () => {
    const { instanceId } = await begin();
    const atMs = world.clock.nowMs();
    while (await exists(instanceId)) {
      await world.clock.advance(12_000);
      world.crash(1);
      await world.restart(1);
      await world.clock.advance(4000);
      expect(world.clock.nowMs() - atMs).toBeLessThan(3 * IDLE_MS);
    }
    expect(world.clock.nowMs() - atMs).toBeGreaterThanOrEqual(IDLE_MS);
  });

  it('do not forget a use that came just before', async () => {
    const { token, instanceId } = await begin();
    await world.clock.advance(IDLE_MS - 10_000);
    await ask({ token });
    await world.clock.advance(9000);
    await ask({ token });
    const atMs = world.clock.nowMs();
    world.crash(1);
    await world.restart(1);
    await world.until('it is removed', async () => !(await exists(instanceId)));
    expect(world.clock.nowMs() - atMs).toBeGreaterThanOrEqual(IDLE_MS);
  });

  it.each(['before', 'after'] as const)('at any entry of the journal end well: %s it is written', async (when) => {
    for (let append = 1; ; append += 1) {
      const first = await begin();
      const node = world.node(1);
      node.crashPoint = { append: node.appends + append, when };
      await world.clock.advance(IDLE_MS + SLACK_MS);
      const hasCrashed = !node.isUp;
      node.crashPoint = null;
      if (hasCrashed) await world.restart(1);
      await world.until('it is removed', async () => !(await exists(first.instanceId)));
      await expectGone(first);
      if (!hasCrashed) {
        expect(append).toBeGreaterThan(4);
        return;
      }
      await world.end();
    }
  });
});

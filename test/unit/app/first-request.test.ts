import { BlosmError } from '../../../chaincode/src/model';
import { nearNode, nodeIdOf, startWorld, worldSettings, type World } from '../../support/agents';

const MEBI = 1_048_576;
/** Room for one instance (128 MiB), not for two. */
const SMALL = { capacity: { ...worldSettings(1).capacity, memoryBytes: 200 * MEBI } };
const NO_ROOM = { capacity: { ...worldSettings(1).capacity, memoryBytes: 100 * MEBI } };

// Simulated time costs real time on a busy machine.
jest.setTimeout(60_000);

let world: World;
afterEach(() => world.end());

describe('a first request', () => {
  it('creates an instance, starts its container and gives a token', async () => {
    world = await startWorld();
    const answer = await world.request(1, { deviceId: 'car-1', position: nearNode(1) });
    expect(answer).toMatchObject({ status: 200, count: 1, servedBy: 'edge1', connectTo: null });
    expect(answer.token).toMatch(new RegExp(`^${answer.instanceId}\\.`));
    expect(await world.instance(answer.instanceId)).toMatchObject({ ownerNodeId: 'Edge1MSP', epoch: 1 });
    expect(world.containersOn(answer.instanceId)).toEqual([1]);
  });

  it('leads to one instance when a device sends several at once', async () => {
    world = await startWorld();
    const answers = await world.clock.runUntil(
      Promise.all([1, 2, 3, 4].map(() => world.send(1, { deviceId: 'car-1', takesMs: 100 }))),
    );
    expect(new Set(answers.map(({ token }) => token)).size).toBe(1);
    expect(answers.map(({ count }) => count)).toEqual([1, 2, 3, 4]);
    expect(await world.instances()).toHaveLength(1);
  });

  it('still finds the instance while the first answer is under way', async () => {
    world = await startWorld();
    const first = world.send(1, { deviceId: 'car-1', takesMs: 3000 });
    await world.clock.advance(2000);
    const second = await world.request(1, { deviceId: 'car-1' });
    await world.clock.runUntil(first);
    expect(second.status).toBe(200);
    expect(await world.instances()).toHaveLength(1);
  });

  it('of two devices, or of none with an id, leads to two instances', async () => {
    world = await startWorld();
    const ids = ['car-1', 'car-2', '', ''];
    const answers = await world.clock.runUntil(Promise.all(ids.map((deviceId) => world.send(1, { deviceId }))));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(new Set(answers.map(({ instanceId }) => instanceId)).size).toBe(4);
  });

  it('is refused for a service that nobody registered', async () => {
    world = await startWorld();
    expect(await world.request(1, { serviceId: 'nothing' })).toMatchObject({ status: 404, code: 'BLOSM_E_NOT_FOUND' });
  });

  it('is refused with nothing of the fault but its code', async () => {
    world = await startWorld();
    const fails = new BlosmError('BLOSM_E_ENGINE_UNREACHABLE', 'connect EACCES /var/run/docker.sock');
    jest.spyOn(world.agent(1).system, 'observe').mockRejectedValue(fails);
    const answer = await world.request(1, { deviceId: 'car-1' });
    expect(answer).toMatchObject({
      status: 503,
      code: 'BLOSM_E_ENGINE_UNREACHABLE',
      reason: "the request cannot be routed now; the cluster's log says why",
    });
  });

  it('finds its instance again when the image took longer to arrive than a request may wait', async () => {
    world = await startWorld();
    world.node(1).engine.fault({ operation: 'pullImage', takesMs: 12_000 });
    const request = { deviceId: 'car-1' };
    expect(await world.request(1, request)).toMatchObject({ status: 503, code: 'BLOSM_E_TIMEOUT' });
    expect(await world.request(1, request)).toMatchObject({ status: 503, code: 'BLOSM_E_TIMEOUT' });
    expect(await world.request(1, request)).toMatchObject({ status: 200, count: 1 });
    expect(await world.instances()).toHaveLength(1);
  });

  it('leaves nothing behind when nobody could ever name its instance', async () => {
    world = await startWorld();
    world.node(1).engine.fault({ operation: 'pullImage', takesMs: 12_000 });
    expect(await world.request(1, { deviceId: '' })).toMatchObject({ status: 503 });
    await world.clock.advance(20_000);
    expect(await world.instances()).toEqual([]);
    expect(world.node(1).engine.containers.size).toBe(0);
    const { remaining, total } = await world.agent(1).system.observe();
    expect(remaining).toEqual(total);
  });

  it('is answered in time when the ledger is not', async () => {
    world = await startWorld();
    world.channel.ordererRunning = false;
    const fromMs = world.clock.nowMs();
    expect(await world.request(1, { deviceId: 'car-1' })).toMatchObject({ status: 503, code: 'BLOSM_E_TIMEOUT' });
    expect(world.clock.nowMs() - fromMs).toBeLessThanOrEqual(world.node(1).settings.holdMs);
    world.channel.ordererRunning = true;
    await world.clock.advance(5000);
    expect(await world.request(1, { deviceId: 'car-1' })).toMatchObject({ status: 200 });
    expect(await world.instances()).toHaveLength(1);
  });

  it("waits for its service's own time", async () => {
    world = await startWorld({ settings: { serviceHoldMs: new Map([['counter', 1000]]) } });
    world.node(1).engine.fault({ operation: 'pullImage', takesMs: 12_000 });
    const waited = async (serviceId: string) => {
      const fromMs = world.clock.nowMs();
      expect(await world.request(1, { serviceId, deviceId: 'car-1' })).toMatchObject({
        ...{ status: 503, code: 'BLOSM_E_TIMEOUT' },
      });
      return world.clock.nowMs() - fromMs;
    };
    const { holdMs } = world.node(1).settings;
    expect(await waited('counter')).toBeLessThan(holdMs);
    world.node(1).engine.fault({ operation: 'pullImage', takesMs: 12_000 });
    expect(await waited('detect')).toBeGreaterThanOrEqual(holdMs);
  });

  it('is answered in time when the engine is not, and nothing is made for it later', async () => {
    world = await startWorld();
    await world.clock.advance(11_000);
    const takeAway = world.node(1).engine.fault({ operation: 'listContainers', hangs: true, times: 1000 });
    const fromMs = world.clock.nowMs();
    const ids = ['', '', 'car-1'];
    const answers = await world.clock.runUntil(Promise.all(ids.map((deviceId) => world.send(1, { deviceId }))));
    for (const answer of answers) expect(answer).toMatchObject({ status: 503, code: 'BLOSM_E_TIMEOUT' });
    expect(world.clock.nowMs() - fromMs).toBeLessThanOrEqual(world.node(1).settings.holdMs);
    takeAway();
    await world.clock.advance(200_000);
    expect(await world.instances()).toEqual([]);
    expect(await world.request(1, { deviceId: 'car-1' })).toMatchObject({ status: 200 });
  });

  it('creates no second instance when the outcome of the first write stays unknown', async () => {
    world = await startWorld();
    world.channel.fault('unseen', 'InstanceContract:Create');
    expect(await world.request(1, { deviceId: 'car-1' })).toMatchObject({ status: 200, count: 1 });
    expect(await world.instances()).toHaveLength(1);
  });

  it('waits for a container that needs its time', async () => {
    world = await startWorld({ warmUpMs: 3000 });
    expect(await world.request(1)).toMatchObject({ status: 200 });
  });

  it('is told to come back when the container does not get healthy in time', async () => {
    world = await startWorld();
    world.node(1).engine.sickServices.add('counter');
    expect(await world.request(1, { deviceId: 'car-1' })).toMatchObject({ status: 503, code: 'BLOSM_E_TIMEOUT' });
    world.node(1).engine.sickServices.clear();
    await world.until('the container is tried again', async () => {
      const answer = await world.request(1, { deviceId: 'car-1' });
      return answer.status === 200;
    });
  });

  it('does not start a container that ends at once over and over', async () => {
    world = await startWorld();
    world.node(1).engine.endsAtOnce.set('counter', 1);
    await world.request(1, { deviceId: 'car-1' });
    await world.clock.advance(60_000);
    expect(world.node(1).engine.faults.count('startContainer')).toBeLessThan(12);
  });
});

describe('a token', () => {
  it('is needed, whole and for this service', async () => {
    world = await startWorld();
    const { token, instanceId } = await world.request(1, { deviceId: 'car-1' });
    const wrong = `${instanceId}.${'x'.repeat(43)}`;
    expect(await world.request(1, { token: wrong })).toMatchObject({ status: 401, code: 'BLOSM_E_FORBIDDEN' });
    expect(await world.request(2, { token: wrong })).toMatchObject({ status: 401, code: 'BLOSM_E_FORBIDDEN' });
    expect(await world.request(1, { token, serviceId: 'detect' })).toMatchObject({ status: 403 });
    expect(await world.request(1, { token })).toMatchObject({ status: 200, count: 2, token });
    expect(world.counts(instanceId)).toEqual([1, 2]);
  });

  it('of an instance that is gone is told so, and creates nothing', async () => {
    world = await startWorld();
    const token = `inst-gone.${'x'.repeat(43)}`;
    expect(await world.request(1, { token })).toMatchObject({ status: 410, code: 'BLOSM_E_NOT_FOUND' });
    expect(await world.instances()).toEqual([]);
  });

  it('that no token could be is as none', async () => {
    world = await startWorld();
    expect(await world.request(1, { token: 'no token at all' })).toMatchObject({ status: 200, count: 1 });
  });

  it('is good on a cluster whose peer lags behind', async () => {
    world = await startWorld();
    world.channel.peer(nodeIdOf(2)).lagMs = 500;
    const { token, instanceId } = await world.request(1, { deviceId: 'car-1' });
    expect(await world.request(2, { token })).toMatchObject({ status: 200, count: 2, instanceId });
    expect(await world.instances()).toHaveLength(1);
  });

  it('lets a position be reported, a wrong one not', async () => {
    world = await startWorld();
    const { token, instanceId } = await world.request(1, { deviceId: 'car-1', position: nearNode(1) });
    const { router } = world.agent(1);
    expect(await router.reportPosition(`${instanceId}.${'x'.repeat(43)}`, nearNode(2))).toBe(false);
    expect(await router.reportPosition('nonsense', nearNode(2))).toBe(false);
    expect(await world.migrations()).toEqual([]);
    expect(await router.reportPosition(token, nearNode(2))).toBe(true);
    await world.until('it moves', async () => (await world.migrations())[0]?.state === 'COMPLETED');
    expect((await world.instance(instanceId)).ownerNodeId).toBe('Edge2MSP');
  });
});

describe('a full cluster', () => {
  it('sends the request to the nearest cluster that has room', async () => {
    world = await startWorld({ settingsOf: { 1: NO_ROOM, 2: NO_ROOM } });
    const answer = await world.request(1, { deviceId: 'car-1', position: nearNode(1) });
    expect(answer).toMatchObject({ status: 200, servedBy: 'edge3', hops: ['Edge1MSP', 'Edge3MSP'] });
    // With the token the instance is found from everywhere, without another migration of the request.
    const { token } = answer;
    expect(await world.request(1, { token })).toMatchObject({ servedBy: 'edge3', hops: ['Edge1MSP', 'Edge3MSP'] });
    expect(await world.request(2, { token })).toMatchObject({ count: 3, servedBy: 'edge3' });
    expect(await world.instances()).toHaveLength(1);
  });

  it('refuses with 503 when all are full, and asks nobody twice', async () => {
    world = await startWorld({ settings: NO_ROOM });
    const answer = await world.request(1, { deviceId: 'car-1' });
    expect(answer).toMatchObject({ status: 503, code: 'BLOSM_E_NO_ROOM', hops: ['Edge1MSP'] });
    expect(answer.reason).toContain('memory');
    expect(await world.instances()).toEqual([]);
  });

  it('never passes on a request that was migrated to it', async () => {
    world = await startWorld({ settings: NO_ROOM });
    const facts = { serviceId: 'counter', method: 'GET', deviceId: '', token: '', position: null };
    const migrated = { ...facts, forwardedBy: 'Edge2MSP', migrated: true };
    const decision = world.agent(1).router.decide(migrated, new AbortController().signal);
    expect(await world.clock.runUntil(decision)).toMatchObject({ kind: 'refuse', status: 503 });
  });

  it('never gives the last room twice', async () => {
    world = await startWorld({ settings: SMALL });
    const ids = ['car-1', 'car-2', 'car-3', 'car-4'];
    const answers = await world.clock.runUntil(Promise.all(ids.map((deviceId) => world.send(1, { deviceId }))));
    const served = answers.filter(({ status }) => status === 200).map(({ servedBy }) => servedBy);
    expect(new Set(served).size).toBe(served.length);
    expect(served).toContain('edge1');
    for (const number of [1, 2, 3]) expect(world.node(number).engine.containers.size).toBeLessThanOrEqual(1);
  });

  it('goes on serving its own instances', async () => {
    world = await startWorld({ settings: SMALL });
    const { token } = await world.request(1, { deviceId: 'car-1' });
    expect(await world.request(1, { token })).toMatchObject({ count: 2, servedBy: 'edge1', hops: ['Edge1MSP'] });
    // The instance with state is forwarded to, never answered by another one, however full its cluster is.
    expect(await world.request(2, { token })).toMatchObject({ count: 3, servedBy: 'edge1' });
  });

  it('does not offer an application type that it has not', async () => {
    world = await startWorld({ settingsOf: { 1: { applicationTypes: ['other'] } } });
    expect(await world.request(1)).toMatchObject({ status: 200, servedBy: 'edge2' });
  });

  it('asks the next one when an agent does not answer', async () => {
    world = await startWorld({ settingsOf: { 1: NO_ROOM } });
    world.network.cut('Edge1MSP', 'Edge2MSP', 'silent');
    expect(await world.request(1)).toMatchObject({ status: 200, servedBy: 'edge3' });
  });
});

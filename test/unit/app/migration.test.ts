import { BlosmError } from '../../../chaincode/src/model';
import { imageOf, layerOf } from '../../fakes/registry';
import { nearNode, nodeIdOf, startWorld, worldSettings, type World } from '../../support/agents';
import type { Answer } from '../../support/world-devices';

const MEBI = 1_048_576;
const NO_ROOM = { capacity: { ...worldSettings(1).capacity, memoryBytes: 100 * MEBI } };

// Simulated time costs real time on a busy machine.
jest.setTimeout(60_000);

let world: World;
afterEach(() => world.end());

/** An instance at the first cluster that has counted to 2. */
async function begin(): Promise<Answer> {
  const first = await world.request(1, { deviceId: 'car-1', position: nearNode(1) });
  await world.request(1, { token: first.token, position: nearNode(1) });
  return first;
}

/** The device shows up at the second cluster: that is what makes the source propose. */
const reconnect = (token: string): Promise<Answer> => world.request(2, { token, position: nearNode(2) });

const untilState = (state: string, limitMs?: number): Promise<void> =>
  world.until(state, async () => (await world.migrations())[0]?.state === state, limitMs);

/** Exactly one side serves, with everything that was acknowledged. */
async function expectServedBy(number: number, { token, instanceId }: Answer): Promise<void> {
  await world.clock.advance(10_000);
  const last = world.counts(instanceId).at(-1) ?? 0;
  for (const at of [1, 2, 3]) {
    expect(await world.request(at, { token })).toMatchObject({ status: 200, servedBy: `edge${number}` });
  }
  expect(world.counts(instanceId)).toEqual(Array.from({ length: last + 3 }, (_, index) => index + 1));
  expect(world.runningOn(instanceId)).toEqual([number]);
  expect(await world.instance(instanceId)).toMatchObject({ ownerNodeId: nodeIdOf(number), openMigrationId: null });
}

async function expectCleanSource(number: number, { instanceId }: Answer): Promise<void> {
  expect(world.containersOn(instanceId)).not.toContain(number);
  const images = await world.node(number).engine.listImages();
  // Only the service's own image, of one layer, may stay.
  expect(images.filter(({ diffIds }) => diffIds.length > 1)).toEqual([]);
  expect(world.agent(number).lanes.get(instanceId)).toBeUndefined();
}

describe('a migration', () => {
  it('is decided as soon as the evaluations are there, also those that came while the source looked', async () => {
    world = await startWorld();
    const device = await begin();
    const { ledger } = world.node(1);
    const ask = ledger.queryRaw.bind(ledger);
    let isFirst = true;
    jest.spyOn(ledger, 'queryRaw').mockImplementation(async (name, args, options) => {
      const answer = await ask(name, args, options);
      if (name !== 'EvaluationContract:List' || !isFirst) return answer;
      isFirst = false;
      await world.clock.sleep(500);
      return answer;
    });
    const beginMs = world.clock.nowMs();
    await reconnect(device.token);
    await world.until('a node is picked', () => world.node(2).log.messages('info').includes('picked'));
    expect(isFirst).toBe(false);
    expect(world.clock.nowMs() - beginMs).toBeLessThan(2000);
  });

  it('follows the device, with its state, and leaves nothing at the source', async () => {
    world = await startWorld();
    const device = await begin();
    expect(await reconnect(device.token)).toMatchObject({ servedBy: 'edge1', connectTo: null });
    await untilState('COMPLETED');
    await expectServedBy(2, device);
    await expectCleanSource(1, device);
    const [migration] = await world.migrations();
    expect(migration).toMatchObject({ trigger: 'reconnect', sourceNodeId: 'Edge1MSP', destinationNodeId: 'Edge2MSP' });
    expect((await world.instance(device.instanceId)).epoch).toBe(2);
    expect(world.node(2).engine.containers.size).toBe(1);
  });

  it('begins at the source itself once the device has left its coverage', async () => {
    world = await startWorld();
    const { token } = await begin();
    expect(await world.request(1, { token, position: nearNode(1, 410) })).toMatchObject({ status: 200 });
    await world.clock.advance(500);
    expect(await world.migrations()).toEqual([]);
    const answer = await world.request(1, { token, position: nearNode(1, 430) });
    expect(answer.connectTo).toBe('http://10.88.1.2:8080');
    await untilState('COMPLETED');
    expect((await world.migrations())[0]).toMatchObject({ trigger: 'coverage-exit' });
  });

  it('does not begin where nobody covers the device', async () => {
    world = await startWorld();
    const { token, instanceId } = await begin();
    for (let turn = 0; turn < 5; turn += 1) {
      await world.request(1, { token, position: nearNode(1, -5000) });
      await world.clock.advance(1000);
    }
    expect(await world.migrations()).toEqual([]);
    expect(world.runningOn(instanceId)).toEqual([1]);
  });

  it('goes there and back again, and on to the third', async () => {
    world = await startWorld();
    const device = await begin();
    for (const [turn, at] of [2, 1, 2, 3].entries()) {
      await world.request(at, { token: device.token, position: nearNode(at) });
      await world.until('completed', async () => {
        const instance = await world.instance(device.instanceId);
        return instance.epoch === turn + 2 && instance.openMigrationId === null;
      });
      await expectServedBy(at, device);
    }
    await expectCleanSource(1, device);
    await expectCleanSource(2, device);
    expect(world.agent(3).journal.unfinished()).toEqual([]);
  });

  it('of a service without state goes the same way', async () => {
    world = await startWorld();
    const { token, instanceId } = await world.request(1, { serviceId: 'detect', deviceId: 'car-1' });
    await world.request(2, { token, serviceId: 'detect', position: nearNode(2) });
    await untilState('COMPLETED');
    await world.clock.advance(5000);
    expect(world.runningOn(instanceId)).toEqual([2]);
  });

  it('is one, whatever triggers it at once', async () => {
    world = await startWorld();
    const device = await begin();
    const lane = world.agent(1).lanes.get(device.instanceId)!;
    lane.notePosition({ position: nearNode(2), elsewhere: true });
    const { mover, departures } = world.agent(1);
    const started = await world.clock.runUntil(
      Promise.allSettled([
        mover.start(lane, 'operator', 'registry', null),
        mover.start(lane, 'operator', 'registry', null),
        departures.reported(lane),
        reconnect(device.token),
      ]),
    );
    expect(started[1]).toMatchObject({ status: 'rejected', reason: { code: 'BLOSM_E_MIGRATION_OPEN' } });
    await untilState('COMPLETED');
    await world.clock.advance(30_000);
    expect(await world.migrations()).toHaveLength(1);
    await expectServedBy(2, device);
  });

  it('lets the requests that run come to their end, and asks new ones to come again', async () => {
    world = await startWorld();
    const device = await begin();
    const long = world.send(1, { token: device.token, position: nearNode(2), takesMs: 1000 });
    await world.until('it is drained', () => modeAt(1, device) === 'refuse');
    const refused = await world.request(1, { token: device.token });
    expect(refused).toMatchObject({ status: 503, code: 'BLOSM_E_MIGRATION_OPEN' });
    expect(await world.clock.runUntil(long)).toMatchObject({ status: 200 });
    await untilState('COMPLETED');
    await expectServedBy(2, device);
  });

  it('does not wait for ever for a request that does not end', async () => {
    world = await startWorld();
    const device = await begin();
    const long = world.send(1, { token: device.token, position: nearNode(2), takesMs: 60_000 });
    await untilState('COMPLETED', 20_000);
    expect((await world.clock.runUntil(long)).status).toBe(502);
    await expectServedBy(2, device);
  });

  it('with traffic all the time loses nothing and never has two that answer', async () => {
    world = await startWorld({ batchTimeoutMs: 20 });
    const device = await begin();
    const answers = world.startTraffic([1, 2, 3], { token: device.token, position: nearNode(2), takesMs: 30 }, 40);
    await untilState('COMPLETED');
    await world.clock.advance(3000);
    const counts = world.counts(device.instanceId);
    expect(counts).toEqual(counts.map((_, index) => index + 1));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 503]));
    expect(answers.slice(-10).every(({ servedBy }) => servedBy === 'edge2')).toBe(true);
  });

  it('by order goes to the cluster that was named, wherever the device is', async () => {
    world = await startWorld();
    const device = await begin();
    const { mover, lanes, cache } = world.agent(1);
    const third = cache.nodesNow().find(({ nodeId }) => nodeId === 'Edge3MSP')!;
    await world.clock.runUntil(mover.start(lanes.get(device.instanceId)!, 'operator', 'registry', third));
    await untilState('COMPLETED');
    await expectServedBy(3, device);
  });
});

const modeAt = (number: number, { instanceId }: Answer): string | undefined =>
  world.agent(number).lanes.get(instanceId)?.mode?.kind;

const reasonOfAbort = async (): Promise<string> => {
  const { abort } = (await world.migrations())[0]!;
  return `${abort?.stage}: ${abort?.reason}`;
};

describe('a migration that cannot be', () => {
  it('is aborted with the reasons of all, and the source serves on', async () => {
    world = await startWorld({ settingsOf: { 2: NO_ROOM, 3: NO_ROOM } });
    const device = await begin();
    expect((await reconnect(device.token)).servedBy).toBe('edge1');
    await untilState('ABORTED');
    expect(await reasonOfAbort()).toMatch(/^evaluate: .*edge2: .*memory.*edge3: .*memory/);
    await expectServedBy(1, device);
  });

  it('is left alone for longer each time', async () => {
    world = await startWorld({ settingsOf: { 2: NO_ROOM, 3: NO_ROOM } });
    const device = await begin();
    const fromMs = world.clock.nowMs();
    for (let turn = 0; turn < 80; turn += 1) {
      await reconnect(device.token);
      await world.clock.advance(1000);
    }
    const begins = (await world.migrations()).map(({ proposedAtMs }) => Math.round((proposedAtMs - fromMs) / 1000));
    // Base 10 s: after 10, 20 and 40 s more.
    expect(begins.sort((a, b) => a - b)).toEqual([0, 10, 30, 70]);
  });

  it('goes to nobody whose coverage does not hold the device', async () => {
    world = await startWorld({ settingsOf: { 2: NO_ROOM } });
    const device = await begin();
    await reconnect(device.token);
    await untilState('ABORTED');
    expect(await reasonOfAbort()).toContain('edge3: the device is outside its coverage');
  });

  it('asks the next candidate when the first one refuses or does not answer', async () => {
    // Both cover the device: 2 stands at 600 m, 3 is moved next to it.
    const near = { profile: { ...worldSettings(3).profile, site: nearNode(2, 50) } };
    world = await startWorld({ settingsOf: { 3: near } });
    const device = await begin();
    world.network.cut('Edge1MSP', 'Edge2MSP', 'silent');
    await world.request(3, { token: device.token, position: nearNode(2) });
    await untilState('COMPLETED');
    await expectServedBy(3, device);
    expect(world.node(2).engine.containers.size).toBe(0);
  });

  it('is aborted when the only candidate does not answer', async () => {
    world = await startWorld();
    const device = await begin();
    world.network.cut('Edge1MSP', 'Edge2MSP', 'refused');
    await reconnect(device.token);
    await untilState('ABORTED');
    expect(await reasonOfAbort()).toMatch(/edge2: refused when it was picked \(BLOSM_E_PEER_UNREACHABLE: /);
    await expectServedBy(1, device);
  });

  it('is aborted when the container never gets healthy at the destination', async () => {
    world = await startWorld();
    const device = await begin();
    world.node(2).engine.sickServices.add('counter');
    await reconnect(device.token);
    await untilState('ABORTED');
    expect(await reasonOfAbort()).toMatch(/^destination: warm: .*no 2xx/);
    await expectServedBy(1, device);
    expect(world.node(2).engine.containers.size).toBe(0);
    const { remaining, total } = await world.agent(2).system.observe();
    expect(remaining).toEqual(total);
  });

  it('is aborted when the container ends at the destination as soon as it starts', async () => {
    world = await startWorld();
    const device = await begin();
    world.node(2).engine.endsAtOnce.set('counter', 3);
    await reconnect(device.token);
    await untilState('ABORTED');
    expect(await reasonOfAbort()).toMatch(/^destination: .*exit code 3/);
    await expectServedBy(1, device);
  });

  it('never starts an image that is not the one agreed', async () => {
    world = await startWorld();
    const device = await begin();
    const lie = imageOf([layerOf({ '/app': 'evil' })]);
    const { registry } = world;
    const put = registry.put.bind(registry);
    registry.put = (path, image) => {
      const pushed = put(path, image);
      registry.lies.set(pushed.manifestDigest, lie);
      return pushed;
    };
    await reconnect(device.token);
    await untilState('ABORTED');
    expect(await reasonOfAbort()).toMatch(/^destination: pull: .*its config is/);
    await expectServedBy(1, device);
    expect(world.node(2).engine.faults.count('createContainer')).toBe(0);
  });

  it('is aborted when the push fails for good, and tried again when it passes', async () => {
    world = await startWorld();
    const device = await begin();
    const fails = new BlosmError('BLOSM_E_NO_SPACE', 'the registry is full', { stage: 'push' });
    world.node(1).engine.fault({ operation: 'pushImage', fails });
    await reconnect(device.token);
    await untilState('ABORTED');
    expect(await reasonOfAbort()).toContain('the registry is full');
    await expectServedBy(1, device);
    await world.clock.advance(30_000);
    const passes = new BlosmError('BLOSM_E_REGISTRY', 'the registry restarts', { stage: 'push' });
    world.node(1).engine.fault({ operation: 'pushImage', fails: passes, times: 2 });
    await reconnect(device.token);
    await world.until('completed', async () => (await world.instance(device.instanceId)).epoch === 2);
    await expectServedBy(2, device);
  });

  it('ends when the abort itself cannot be written at first', async () => {
    world = await startWorld();
    const device = await begin();
    const fails = new BlosmError('BLOSM_E_NO_SPACE', 'the registry is full', { stage: 'push' });
    const take = world.node(1).engine.fault({ operation: 'pushImage', fails, times: 1 });
    world.node(1).engine.fault({ operation: 'stopContainer', takesMs: 200 });
    await reconnect(device.token);
    await world.until('it is drained', () => modeAt(1, device) === 'refuse');
    world.channel.ordererRunning = false;
    await world.clock.advance(60_000);
    expect(world.runningOn(device.instanceId)).toEqual([]);
    take();
    world.channel.ordererRunning = true;
    await untilState('ABORTED');
    await expectServedBy(1, device);
  });

  it('is aborted at its deadline', async () => {
    world = await startWorld({ settings: { deadlineMs: 30_000 } });
    const device = await begin();
    world.node(2).engine.fault({ operation: 'pullImage', hangs: true });
    await reconnect(device.token);
    const fromMs = world.clock.nowMs();
    await untilState('ABORTED');
    expect(await reasonOfAbort()).toMatch(/^deadline: /);
    expect(world.clock.nowMs() - fromMs).toBeLessThan(40_000);
    await world.clock.advance(60_000);
    await expectServedBy(1, device);
    expect(world.containersOn(device.instanceId)).toEqual([1]);
  });

  it.each([
    ['dies for good', (): void => world.crash(2)],
    [
      'loses its memory',
      (): void => {
        world.crash(2);
        const { journal } = world.node(2);
        journal.readAll = () => Promise.resolve([]);
        void world.node(2).start();
      },
    ],
  ])('is aborted long before its deadline when the destination %s', async (_what, happens) => {
    world = await startWorld({ settings: { deadlineMs: 3_600_000 } });
    const device = await begin();
    world.node(2).engine.fault({ operation: 'pullImage', hangs: true, times: 100 });
    await reconnect(device.token);
    await world.until('it pulls', () => world.node(2).engine.faults.count('pullImage') > 0);
    happens();
    await untilState('ABORTED', 300_000);
    expect(await reasonOfAbort()).toMatch(/^destination: .*(does not answer|knows nothing)/);
    expect(await world.request(1, { token: device.token })).toMatchObject({ status: 200, servedBy: 'edge1' });
  });

  it('is refused for a service whose volumes or secrets would be lost or published', async () => {
    world = await startWorld();
    const device = await begin();
    const { mover, lanes } = world.agent(1);
    const lane = lanes.get(device.instanceId)!;
    await expect(mover.start(lane, 'operator', 'direct', null)).rejects.toMatchObject({ code: 'BLOSM_E_UNSUPPORTED' });
  });
});

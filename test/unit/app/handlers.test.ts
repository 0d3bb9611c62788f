import { digestOf } from '../../../agent/app/hashing';
import type { PickOrder } from '../../../agent/ports/peers';
import { nearNode, NEED, publish, startWorld, worldSettings, type World } from '../../support/agents';
import { digest } from '../../support/ledger-samples';
import { RUN_SPEC } from '../../support/run-spec';
import type { Loss } from '../../support/patient-peers';
import type { Answer } from '../../support/world-devices';

jest.setTimeout(60_000);

let world: World;
afterEach(() => world.end());

async function begin(): Promise<Answer> {
  const first = await world.request(1, { deviceId: 'car-1', position: nearNode(1) });
  return world.request(1, { token: first.token, position: nearNode(1) });
}

/** A migration that stands still at the drain: the source's engine hangs. */
function stopAtDrain(): Promise<{ device: Answer; order: PickOrder }> {
  return stopAt('it is picked', () => world.node(2).log.messages('info').includes('picked'));
}

async function stopAt(what: string, holds: () => boolean): Promise<{ device: Answer; order: PickOrder }> {
  const device = await begin();
  world.node(1).engine.fault({ operation: 'stopContainer', hangs: true, times: 100 });
  await world.request(2, { token: device.token, position: nearNode(2) });
  await world.until(what, holds);
  const [migration] = await world.migrations();
  const { migrationId, instanceId } = migration!;
  const order: PickOrder = {
    migrationId,
    instanceId,
    serviceId: 'counter',
    epoch: 1,
    strategy: 'registry',
    spec: RUN_SPEC,
    gpuRuntime: '',
    need: NEED,
  };
  return { device, order };
}

const refused = (reason: RegExp): object => ({ message: expect.stringMatching(reason) as unknown });

describe('a pick', () => {
  it('is taken only from the owner, for what is open, with the spec of the ledger', async () => {
    world = await startWorld();
    const { order } = await stopAtDrain();
    const { peerHandlers } = world.agent(2);
    const pick = (caller: string, changes: Partial<PickOrder> = {}): Promise<void> =>
      world.clock.runUntil(peerHandlers.pick(caller, { ...order, ...changes }));
    await expect(pick('Edge3MSP')).rejects.toMatchObject(refused(/not a migration of yours/));
    await expect(pick('Edge1MSP', { instanceId: 'another' })).rejects.toMatchObject(
      refused(/not a migration of yours/),
    );
    await expect(pick('Edge1MSP', { migrationId: 'another' })).rejects.toMatchObject(refused(/not a migration/));
    const spec = { ...RUN_SPEC, privileged: true };
    await expect(pick('Edge1MSP', { spec })).rejects.toMatchObject(refused(/run spec is not the one/));
    await expect(pick('Edge1MSP', { serviceId: 'detect' })).rejects.toMatchObject(refused(/its serviceId is counter/));
    await expect(pick('Edge1MSP', { epoch: 2 })).rejects.toMatchObject(refused(/its epoch is 1 on the ledger, not 2/));
    await expect(pick('Edge1MSP', { strategy: 'direct' })).rejects.toMatchObject(refused(/its strategy is registry/));
    await expect(pick('Edge1MSP')).resolves.toBeUndefined();
  });

  it('is refused by a cluster that has made no offer, or whose offer has expired', async () => {
    const full = { capacity: { ...worldSettings(3).capacity, memoryBytes: 1 } };
    world = await startWorld({ settingsOf: { 2: {}, 3: full } });
    const { order } = await stopAtDrain();
    const third = world.agent(3).peerHandlers.pick('Edge1MSP', order);
    await expect(world.clock.runUntil(third)).rejects.toMatchObject(refused(/no open offer/));
    await world.clock.advance(70_000);
    // It knows that it was picked: told so again, it does not change its mind.
    await expect(world.clock.runUntil(world.agent(2).peerHandlers.pick('Edge1MSP', order))).resolves.toBeUndefined();
  });

  it('reserves until the migration ends, also over a restart', async () => {
    world = await startWorld({ settings: { offerMs: 1000 } });
    await stopAtDrain();
    await world.clock.advance(30_000);
    const left = async (): Promise<number> => {
      const { total, remaining } = await world.agent(2).system.observe();
      return total.memoryBytes - remaining.memoryBytes;
    };
    expect(await left()).toBe(NEED.memoryBytes);
    world.crash(2);
    await world.restart(2);
    await world.clock.advance(5000);
    expect(await left()).toBe(NEED.memoryBytes);
    await world.until('it has ended', async () => (await world.migrations())[0]?.state === 'ABORTED');
    await world.clock.advance(5000);
    expect(await left()).toBe(0);
  });

  it('reserves what the ledger says that the service needs, whatever its owner says, also over a restart', async () => {
    world = await startWorld();
    // Its own pick gets lost, so that the one below is the first that comes.
    const lost: Loss = { operation: 'pick', what: 'request', times: 1 };
    world.node(1).losses.push(lost);
    const { order } = await stopAt('it is sent', () => lost.times === 0);
    const left = async (): Promise<number> => {
      const { total, remaining } = await world.agent(2).system.observe();
      return total.memoryBytes - remaining.memoryBytes;
    };
    const need = { ...NEED, memoryBytes: 1e12 };
    await world.clock.runUntil(world.agent(2).peerHandlers.pick('Edge1MSP', { ...order, need }));
    expect(await left()).toBe(NEED.memoryBytes);
    world.crash(2);
    await world.restart(2);
    expect(await left()).toBe(NEED.memoryBytes);
  });

  it('of the admission policy is refused by it', async () => {
    world = await startWorld({ settings: { policy: 'paper' } });
    await publish(world, 'wild', 'counter', 'files', { spec: { privileged: true } });
    world.crash(1);
    await world.restart(1);
    await world.clock.advance(2000);
    const device = await world.request(1, { serviceId: 'wild', deviceId: 'car-1' });
    await world.request(2, { serviceId: 'wild', token: device.token, position: nearNode(2) });
    await world.until('it has ended', async () => (await world.migrations())[0]?.state === 'ABORTED');
    expect((await world.migrations())[0]?.abort?.reason).toMatch(/refused when it was picked/);
    expect(world.node(2).engine.faults.count('createContainer')).toBe(0);
  });
});

describe('an image order', () => {
  it('is taken only from the source, and once', async () => {
    world = await startWorld();
    const { order } = await stopAtDrain();
    const image = {
      migrationId: order.migrationId,
      repository: 'x',
      manifestDigest: digest('9'),
      configDigest: digest('f'),
    };
    const { peerHandlers, journal } = world.agent(2);
    await expect(world.clock.runUntil(peerHandlers.image('Edge3MSP', image))).rejects.toMatchObject(refused(/yours/));
    await world.clock.runUntil(peerHandlers.image('Edge1MSP', image));
    await world.clock.runUntil(peerHandlers.image('Edge1MSP', { ...image, repository: 'y' }));
    expect(journal.factsOf(order.instanceId).migrations[0]?.image).toEqual(image);
  });
});

describe('other questions', () => {
  it('about room are answered by what is left', async () => {
    world = await startWorld({ settingsOf: { 2: { applicationTypes: ['other'] } } });
    const need = NEED;
    const room = (number: number, serviceId = 'counter', changes = {}): Promise<object> =>
      world.clock.runUntil(
        world.agent(number).peerHandlers.room('Edge3MSP', { serviceId, need: { ...need, ...changes } }),
      );
    expect(await room(1)).toMatchObject({ hasRoom: true, reason: '' });
    expect(await room(1, 'nothing')).toMatchObject({
      hasRoom: false,
      reason: 'there is no service nothing on the ledger',
    });
    expect(await room(1, 'counter', { memoryBytes: 1e12 })).toMatchObject({
      hasRoom: false,
      reason: expect.stringMatching(/^needs \d+ MiB of memory, 1024 MiB remain$/) as string,
    });
    expect(await room(2)).toMatchObject({ hasRoom: false, reason: 'application type counter is not offered here' });
  });

  it('about a run spec are answered by who has it', async () => {
    world = await startWorld();
    expect(digestOf(await world.agent(1).peerHandlers.runSpec('Edge2MSP', 'counter'))).toBe(digestOf(RUN_SPEC));
    await expect(world.agent(1).peerHandlers.runSpec('Edge2MSP', 'nothing')).rejects.toMatchObject({
      code: 'BLOSM_E_NOT_FOUND',
    });
  });

  it('about progress are answered from the journal', async () => {
    world = await startWorld();
    const { order } = await stopAtDrain();
    const { peerHandlers } = world.agent(2);
    expect(await peerHandlers.progress('Edge1MSP', 'another')).toMatchObject({ stage: 'unknown', phases: [] });
    expect(await peerHandlers.progress('Edge1MSP', order.migrationId)).toMatchObject({ stage: 'picked', detail: '' });
  });
});

describe('a service that cannot be moved by way of the registry', () => {
  it.each([
    ['volumes', { volumes: ['/data'] }],
    ['secrets', { env: [{ name: 'KEY', value: 'x', secret: true }] }],
  ])('because of its %s stays where it is', async (_what, spec) => {
    world = await startWorld();
    await publish(world, 'special', 'counter', 'files', { spec });
    world.crash(1);
    await world.restart(1);
    await world.clock.advance(2000);
    const { token } = await world.request(1, { serviceId: 'special', deviceId: 'car-1' });
    await world.request(2, { serviceId: 'special', token, position: nearNode(2) });
    await world.clock.advance(5000);
    expect(await world.migrations()).toEqual([]);
    expect(world.node(1).log.messages('warn')).toContain('the instance cannot be moved');
    expect(await world.request(2, { serviceId: 'special', token })).toMatchObject({ status: 200, servedBy: 'edge1' });
  });
});

describe('an agent', () => {
  it('that is stopped ends all it does, and goes on where it was', async () => {
    world = await startWorld();
    const { device } = await stopAtDrain();
    await world.node(1).stop();
    await world.node(2).stop();
    world.node(1).engine.faults.clear();
    await world.restart(1);
    await world.restart(2);
    await world.until('it has ended', async () => (await world.migrations())[0]?.state === 'COMPLETED');
    await world.clock.advance(5000);
    expect(await world.request(1, { token: device.token })).toMatchObject({ status: 200, servedBy: 'edge2' });
  });

  it('brings its record up to its configuration', async () => {
    const profile = { ...worldSettings(2).profile, coverageRadiusMeters: 777 };
    world = await startWorld();
    Object.assign(world.node(2).settings, { profile });
    world.crash(2);
    await world.restart(2);
    await world.clock.advance(3000);
    const nodes = await world.node(1).ledger.query('NodeContract:List', []);
    expect(nodes.find(({ nodeId }) => nodeId === 'Edge2MSP')?.coverageRadiusMeters).toBe(777);
  });

  it('comes up while its engine or its peer is down, as soon as they are back', async () => {
    world = await startWorld();
    const device = await begin();
    world.crash(1);
    world.node(1).engine.isDown = true;
    world.channel.peer('Edge1MSP').stop();
    await world.restart(1);
    await world.clock.advance(10_000);
    expect(world.agent(1).isFresh).toBe(false);
    expect((await world.request(1, { token: device.token })).status).toBe(503);
    world.node(1).engine.isDown = false;
    world.channel.peer('Edge1MSP').start();
    await world.until('it is back', () => world.agent(1).isFresh);
    expect(await world.request(1, { token: device.token })).toMatchObject({ status: 200 });
  });
});

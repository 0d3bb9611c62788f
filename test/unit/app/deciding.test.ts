import { AgentControl } from '../../../agent/app/control/control-service';
import { MigrationOrder } from '../../../agent/ports/control';
import { nearNode, nodeIdOf, startWorld, worldSettings, type World, type WorldOptions } from '../../support/agents';
import type { Answer } from '../../support/world-devices';

const MEBI = 1_048_576;
const NO_ROOM = { capacity: { ...worldSettings(1).capacity, memoryBytes: 100 * MEBI } };
/** Room for one instance (128 MiB), not for two. */
const SMALL = { capacity: { ...worldSettings(1).capacity, memoryBytes: 200 * MEBI } };

// Simulated time costs real time on a busy machine.
jest.setTimeout(60_000);

let world: World;
afterEach(() => world.end());

async function begin(options?: WorldOptions): Promise<Answer> {
  world = await startWorld(options);
  return world.request(1, { deviceId: 'car-1', position: nearNode(1) });
}

const run = <T>(answer: Promise<T>): Promise<T> => world.clock.runUntil(answer);
const controlOf = (number: number): AgentControl =>
  new AgentControl(world.agent(number), { version: '0.0.0', channel: 'blosm', startedAtMs: 0 });
const cordon = async (number: number, cordoned: boolean): Promise<void> => {
  await run(controlOf(number).clusters.cordon(cordoned));
};
const order = (instanceId: string, changes: object = {}): MigrationOrder =>
  MigrationOrder.parse({ instanceId, ...changes });

/** The device drives so far east of the first cluster, asking this cluster, a request each step. */
async function drive(number: number, { token }: Answer, meters: readonly number[], stepMs = 500): Promise<void> {
  for (const east of meters) {
    await world.request(number, { token, position: nearNode(1, east) });
    await world.clock.advance(stepMs);
  }
}

const untilOwner = (number: number, { instanceId }: Answer): Promise<void> =>
  world.until(`edge${number} owns it`, async () => {
    const { ownerNodeId, openMigrationId } = await world.instance(instanceId);
    return ownerNodeId === nodeIdOf(number) && openMigrationId === null;
  });

const sway = (from: number, to: number, times: number): number[] =>
  Array.from({ length: times }, (_, turn) => (turn % 2 === 0 ? from : to));

describe('a device at a border', () => {
  it('causes one migration when it drives over it, however slowly', async () => {
    const device = await begin();
    const way = Array.from({ length: 40 }, (_, step) => 380 + step * 3);
    await drive(1, device, way);
    await untilOwner(2, device);
    await drive(2, device, [500, 510, 520, 530, 540]);
    await world.clock.advance(30_000);
    expect(await world.migrations()).toHaveLength(1);
  });

  it('causes none while it sways over it', async () => {
    // The clusters touch at 300 m.
    const radius = (number: number) => ({
      profile: { ...worldSettings(number).profile, coverageRadiusMeters: 300 },
    });
    const device = await begin({ settingsOf: { 1: radius(1), 2: radius(2), 3: radius(3) } });
    await drive(1, device, sway(285, 315, 30));
    // Also when it is connected to the other cluster.
    await drive(2, device, sway(290, 318, 30));
    expect(await world.migrations()).toEqual([]);
    expect(world.runningOn(device.instanceId)).toEqual([1]);
  });

  it('causes one for each real crossing, and the new owner does not send it straight back', async () => {
    const radius = (number: number) => ({
      profile: { ...worldSettings(number).profile, coverageRadiusMeters: 300 },
    });
    const device = await begin({ settingsOf: { 1: radius(1), 2: radius(2), 3: radius(3) } });
    await drive(1, device, [280, 300, 325, 326, 327, 328]);
    await untilOwner(2, device);
    await drive(2, device, sway(310, 285, 20));
    expect(await world.migrations()).toHaveLength(1);
    await drive(2, device, [285, 279, 275, 274, 273, 272]);
    await untilOwner(1, device);
    await drive(1, device, sway(290, 310, 20));
    expect(await world.migrations()).toHaveLength(2);
  });

  it('causes none by a single wrong measurement', async () => {
    const device = await begin();
    await drive(1, device, [100, 600, 100, 100, 100, 100, 100]);
    expect(await world.migrations()).toEqual([]);
  });

  it('is believed at once when it has connected to the other cluster', async () => {
    const device = await begin();
    await world.request(2, { token: device.token, position: nearNode(1, 430) });
    await untilOwner(2, device);
    expect(await world.migrations()).toMatchObject([{ trigger: 'reconnect' }]);
  });

  it('that tells its place once is followed when the time is over', async () => {
    const device = await begin();
    await world.request(1, { token: device.token, position: nearNode(1, 430) });
    await untilOwner(2, device);
    expect(await world.migrations()).toMatchObject([{ trigger: 'coverage-exit' }]);
  });

  it('whose instance has come back is not sent away by a position of before', async () => {
    const device = await begin();
    await drive(1, device, [430, 431, 432]);
    await untilOwner(2, device);
    await world.request(1, { token: device.token, position: nearNode(1, 150) });
    await untilOwner(1, device);
    await world.clock.advance(60_000);
    expect(await world.migrations()).toHaveLength(2);
    expect(world.runningOn(device.instanceId)).toEqual([1]);
  });
});

/** At the second cluster, which does not take it: the migration has been aborted once. */
async function unplaced(options: WorldOptions, before?: () => Promise<void>): Promise<Answer> {
  const device = await begin(options);
  await before?.();
  await world.request(2, { token: device.token, position: nearNode(2) });
  await world.until('it is aborted', async () => (await world.migrations())[0]?.state === 'ABORTED');
  return device;
}

describe('an instance that nobody takes', () => {
  it('is served through the covering cluster, and is left alone while nothing changes', async () => {
    const { token } = await unplaced({ settingsOf: { 2: NO_ROOM } });
    await world.clock.advance(120_000);
    expect(await world.migrations()).toHaveLength(1);
    const answer = await world.request(2, { token });
    expect(answer).toMatchObject({ status: 200, servedBy: 'edge1', hops: ['Edge2MSP', 'Edge1MSP'] });
  });

  it('is asked about again when room is freed, without a word of the device', async () => {
    const other = await (async () => {
      world = await startWorld({ settingsOf: { 2: SMALL } });
      return world.request(2, { deviceId: 'car-2', position: nearNode(2), serviceId: 'detect' });
    })();
    const device = await world.request(1, { deviceId: 'car-1', position: nearNode(1) });
    await world.request(2, { token: device.token, position: nearNode(2) });
    await world.until('it is aborted', async () => (await world.migrations())[0]?.state === 'ABORTED');
    await world.clock.advance(5000);
    expect(await world.migrations()).toHaveLength(1);
    await run(world.node(2).ledger.submit('InstanceContract:Remove', [{ instanceId: other.instanceId, epoch: 1 }]));
    await untilOwner(2, device);
    expect(await world.migrations()).toHaveLength(2);
  });

  it('is not asked about for what was said long ago: an old position moves nothing', async () => {
    const device = await unplaced({ settingsOf: { 2: NO_ROOM } });
    await world.clock.advance(40_000);
    const { settings } = world.node(2);
    Object.assign(settings, { capacity: worldSettings(2).capacity });
    await world.clock.advance(60_000);
    expect(await world.migrations()).toHaveLength(1);
    await world.request(2, { token: device.token, position: nearNode(2) });
    await untilOwner(2, device);
  });

  it('is asked about as soon as the cluster that covers the device is uncordoned', async () => {
    const device = await begin();
    await cordon(2, true);
    await world.until('it is known', () =>
      world
        .agent(1)
        .cache.nodesNow()
        .some(({ cordoned }) => cordoned),
    );
    for (let turn = 0; turn < 10; turn += 1) {
      const answer = await world.request(2, { token: device.token, position: nearNode(2) });
      expect(answer).toMatchObject({ status: 200, servedBy: 'edge1' });
      await world.clock.advance(1000);
    }
    // A cordoned cluster is not even asked.
    expect(await world.migrations()).toEqual([]);
    await cordon(2, false);
    await untilOwner(2, device);
  });

  it('is asked about when its device comes into another coverage', async () => {
    const device = await unplaced({ settingsOf: { 2: NO_ROOM } });
    await world.request(2, { token: device.token, position: nearNode(3, -190) });
    await untilOwner(3, device);
    expect(await world.migrations()).toHaveLength(2);
  });

  it('is asked about when a cluster has changed what it covers', async () => {
    const device = await begin();
    await world.request(1, { token: device.token, position: nearNode(1, -450) });
    await world.clock.advance(5000);
    expect(await world.migrations()).toEqual([]);
    const profile = { ...worldSettings(3).profile, site: nearNode(1, -600) };
    await run(world.node(3).ledger.submit('NodeContract:Update', [profile]));
    await untilOwner(3, device);
  });

  it('is asked about again when a cluster that did not confirm answers again', async () => {
    const device = await begin({ settings: { leaseMs: 3_600_000, decisionMs: 5000, positionMs: 600_000 } });
    world.crash(3);
    await world.request(2, { token: device.token, position: nearNode(2) });
    await world.until('it is aborted', async () => (await world.migrations())[0]?.abort?.stage === 'confirm');
    await world.clock.advance(60_000);
    expect(await world.migrations()).toHaveLength(1);
    await world.restart(3);
    await untilOwner(2, device);
    expect(await world.migrations()).toHaveLength(2);
  });

  it('is asked about again when a cluster that did not confirm is suspended', async () => {
    const device = await begin({ settings: { leaseMs: 30_000, decisionMs: 5000, positionMs: 600_000 } });
    world.crash(3);
    await world.request(2, { token: device.token, position: nearNode(2) });
    await untilOwner(2, device);
    const states = (await world.migrations()).map(({ state }) => state).sort();
    expect(states).toEqual(['ABORTED', 'COMPLETED']);
  });

  it('is not proposed in a storm, whatever a cluster does', async () => {
    await unplaced({ settingsOf: { 2: NO_ROOM }, settings: { positionMs: 3_600_000 } });
    for (let turn = 0; turn < 60; turn += 1) {
      await cordon(2, turn % 2 === 0);
      await world.clock.advance(1000);
    }
    // A base of 10 s: after 2.5, 5 and then 10 s each.
    expect((await world.migrations()).length).toBeLessThanOrEqual(9);
    expect((await world.migrations()).length).toBeGreaterThan(2);
  });
});

describe('an instance that an operator moved away from its device', () => {
  it('stays there until the device enters a coverage', async () => {
    const device = await begin();
    const { migrationId } = await run(controlOf(1).migrations.start(order(device.instanceId, { to: 'edge3' })));
    await untilOwner(3, device);
    await drive(
      1,
      device,
      Array.from({ length: 20 }, (_, step) => step * 5),
    );
    await world.clock.advance(30_000);
    expect(await world.migrations()).toMatchObject([{ migrationId }]);
    expect(world.runningOn(device.instanceId)).toEqual([3]);
    // Into the second cluster's coverage, still inside the first one's.
    await drive(1, device, [150, 220, 250, 260]);
    await world.until('it moves', async () => (await world.instance(device.instanceId)).epoch === 3);
    expect((await world.instance(device.instanceId)).ownerNodeId).not.toBe('Edge3MSP');
  });

  it('stays there also after the agent was started anew', async () => {
    const device = await begin();
    await run(controlOf(1).migrations.start(order(device.instanceId, { to: 'edge3' })));
    await untilOwner(3, device);
    world.crash(3);
    await world.restart(3);
    await world.clock.advance(5000);
    await drive(1, device, sway(0, 50, 10), 1000);
    expect(await world.migrations()).toHaveLength(1);
  });
});

describe('a position that is told without a request', () => {
  it('at a cluster that does not own the instance goes to the owner, which proposes', async () => {
    const device = await begin();
    expect(await run(world.agent(2).router.reportPosition(device.token, nearNode(2)))).toBe(true);
    await untilOwner(2, device);
    expect(await world.migrations()).toMatchObject([{ trigger: 'reconnect' }]);
  });

  it('goes nowhere with a token that is nobody’s, nor past the owner’s own check', async () => {
    const device = await begin();
    const wrong = `${device.instanceId}.${'x'.repeat(43)}`;
    expect(await run(world.agent(2).router.reportPosition(wrong, nearNode(2)))).toBe(false);
    const lie = { token: wrong, position: nearNode(2) };
    await expect(world.agent(1).peerHandlers.position('Edge2MSP', lie)).rejects.toMatchObject({
      code: 'BLOSM_E_FORBIDDEN',
    });
    const astray = { token: device.token, position: nearNode(2) };
    await expect(run(world.agent(3).peerHandlers.position('Edge2MSP', astray))).rejects.toMatchObject({
      code: 'BLOSM_E_NOT_OWNER',
    });
    await world.clock.advance(10_000);
    expect(await world.migrations()).toEqual([]);
  });

  it('follows an instance that has just changed hands', async () => {
    const device = await begin();
    await world.request(2, { token: device.token, position: nearNode(2) });
    world.channel.peer('Edge3MSP').lagMs = 4000;
    await world.until('it is handed over', async () => (await world.instance(device.instanceId)).epoch === 2);
    await world.until('the third still has the old record', () => true);
    const told = world
      .agent(3)
      .router.reportPosition(device.token, nearNode(2))
      .catch(() => false);
    await run(told);
    world.channel.peer('Edge3MSP').lagMs = 0;
    await world.clock.advance(5000);
    expect(await run(world.agent(3).router.reportPosition(device.token, nearNode(2)))).toBe(true);
    expect(world.agent(2).lanes.get(device.instanceId)?.coverage).toMatchObject({ elsewhere: true });
  });

  it('is told to the device when the owner’s agent does not answer', async () => {
    const device = await begin();
    world.network.cut('Edge2MSP', 'Edge1MSP');
    const told = world.agent(2).router.reportPosition(device.token, nearNode(2));
    await expect(run(told)).rejects.toMatchObject({ code: 'BLOSM_E_PEER_UNREACHABLE' });
  });

  it('reaches the owner no more often than needed, the newest at last', async () => {
    const device = await begin();
    const handlers = world.agent(1).peerHandlers;
    const taken: number[] = [];
    const take = handlers.position.bind(handlers);
    handlers.position = (caller, message) => {
      taken.push(message.position.lonE6);
      return take(caller, message);
    };
    world.network.attach('Edge1MSP', handlers);
    const { router } = world.agent(2);
    const told = Array.from({ length: 100 }, (_, step) => router.reportPosition(device.token, nearNode(1, step)));
    expect(await run(Promise.all(told))).toEqual(Array(100).fill(true));
    await world.clock.advance(1000);
    expect(taken).toEqual([nearNode(1, 0).lonE6, nearNode(1, 99).lonE6]);
  });

  it('never gets onto the ledger', async () => {
    const device = await begin();
    const position = nearNode(2, 3.21);
    await run(world.agent(2).router.reportPosition(device.token, position));
    await untilOwner(2, device);
    const tip = await run(world.node(1).ledger.tip());
    let written = '';
    for (let number = 0; number < tip.height; number += 1) {
      const { transactions } = await run(world.node(1).ledger.block(number));
      for (const { transactionId } of transactions) {
        const { args } = await run(world.node(1).ledger.transaction(transactionId));
        written += args.join(' ');
      }
    }
    expect(written).toContain(device.instanceId);
    expect(written).not.toContain(String(position.lonE6));
  });
});

import type { FaultKind } from '../../fakes/channel';
import { nearNode, nodeIdOf, startWorld, type World } from '../../support/agents';
import type { Answer } from '../../support/world-devices';

// Simulated time costs real time on a busy machine.
jest.setTimeout(60_000);

let world: World;
afterEach(() => world.end());

async function begin(): Promise<Answer> {
  const first = await world.request(1, { deviceId: 'car-1', position: nearNode(1) });
  return world.request(1, { token: first.token, position: nearNode(1) });
}

const reconnect = (token: string): Promise<Answer> => world.request(2, { token, position: nearNode(2) });

const stateOf = async (): Promise<string | undefined> => (await world.migrations())[0]?.state;

const untilEnded = (): Promise<void> =>
  world.until('the migration has ended', async () => ['COMPLETED', 'ABORTED'].includes((await stateOf()) ?? ''));

/** Whoever owns it serves it, alone, with everything that was acknowledged. */
async function expectSettled({ token, instanceId }: Answer): Promise<void> {
  await world.clock.advance(90_000);
  expect(['COMPLETED', 'ABORTED']).toContain(await stateOf());
  const { ownerNodeId, openMigrationId } = await world.instance(instanceId);
  expect(openMigrationId).toBeNull();
  const before = world.counts(instanceId).length;
  for (const at of [1, 2, 3]) expect(await world.request(at, { token })).toMatchObject({ status: 200 });
  expect(world.counts(instanceId)).toEqual(Array.from({ length: before + 3 }, (_, index) => index + 1));
  expect(world.runningOn(instanceId).map(nodeIdOf)).toEqual([ownerNodeId]);
  expect(world.containersOn(instanceId).map(nodeIdOf)).toEqual([ownerNodeId]);
}

describe('with the orderer stopped', () => {
  it('nothing is proposed, and the source serves on', async () => {
    world = await startWorld();
    const device = await begin();
    world.channel.ordererRunning = false;
    await reconnect(device.token);
    for (let turn = 0; turn < 10; turn += 1) {
      await world.clock.advance(10_000);
      expect(await world.request(1, { token: device.token })).toMatchObject({ status: 200, servedBy: 'edge1' });
    }
    expect(await world.migrations()).toEqual([]);
    expect(world.containersOn(device.instanceId)).toEqual([1]);
    world.channel.ordererRunning = true;
    await untilEnded();
    await expectSettled(device);
  });

  it('after the proposal nothing is handed over, and the names of who is missing are told', async () => {
    world = await startWorld();
    const device = await begin();
    for (const number of [2, 3]) world.crash(number);
    await world.request(1, { token: device.token, position: nearNode(2) });
    await world.until('it is proposed', async () => (await stateOf()) === 'PROPOSED');
    world.channel.ordererRunning = false;
    await world.clock.advance(19_000);
    const { plan } = world.agent(1).lanes.get(device.instanceId)!.state;
    expect(plan).toMatchObject({ kind: 'wait', reason: '1 of 3 nodes confirmed; missing: edge2, edge3' });
    expect(await world.request(1, { token: device.token })).toMatchObject({ status: 200, servedBy: 'edge1' });
    await world.clock.advance(60_000);
    expect(await stateOf()).toBe('PROPOSED');
    expect(await world.request(1, { token: device.token })).toMatchObject({ status: 200, servedBy: 'edge1' });
    world.channel.ordererRunning = true;
    await untilEnded();
    expect((await world.migrations())[0]).toMatchObject({
      state: 'ABORTED',
      abort: { stage: 'confirm', reason: '1 of 3 nodes confirmed; missing: edge2, edge3' },
    });
  });

  it.each(['Prepare', 'HandOver', 'Complete'])('before %s it ends well once the orderer is back', async (name) => {
    world = await startWorld({ settings: { deadlineMs: 600_000 } });
    const device = await begin();
    const fault = world.channel.fault('drop', `MigrationContract:${name}`);
    await reconnect(device.token);
    await world.until('the commit is due', () => fault.met);
    world.channel.ordererRunning = false;
    await world.clock.advance(40_000);
    expect(await stateOf()).toBe(name === 'Complete' ? 'HANDED_OVER' : 'PROPOSED');
    world.channel.ordererRunning = true;
    await expectSettled(device);
  });
});

describe('too few confirmations', () => {
  it('of one node of three: nothing moves, the missing one is named, the source serves all the time', async () => {
    world = await startWorld();
    const device = await begin();
    world.crash(3);
    const answers = world.startTraffic([1], { token: device.token }, 100);
    await reconnect(device.token);
    await untilEnded();
    expect((await world.migrations())[0]).toMatchObject({
      state: 'ABORTED',
      destinationNodeId: null,
      abort: { stage: 'confirm', reason: '2 of 3 nodes confirmed; missing: edge3' },
    });
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(world.containersOn(device.instanceId)).toEqual([1]);
  });

  it('a node that comes back in time is counted', async () => {
    world = await startWorld();
    const device = await begin();
    world.crash(3);
    await reconnect(device.token);
    await world.clock.advance(10_000);
    await world.restart(3);
    await untilEnded();
    expect(await stateOf()).toBe('COMPLETED');
    await expectSettled(device);
  });

  it('a node whose engine is down confirms all the same, with verdict false', async () => {
    world = await startWorld();
    const device = await begin();
    world.node(3).engine.isDown = true;
    await world.clock.advance(11_000);
    await reconnect(device.token);
    await untilEnded();
    expect(await stateOf()).toBe('COMPLETED');
    const [migration] = await world.migrations();
    const evaluations = await world.node(1).ledger.query('EvaluationContract:List', [migration!.migrationId]);
    const third = evaluations.find(({ nodeId }) => nodeId === 'Edge3MSP');
    expect(third).toMatchObject({ verdict: false, reasons: [expect.stringContaining('cannot look at itself')] });
  });
});

const NAMES = ['Propose', 'HandOver', 'Prepare', 'Complete'] as const;
const KINDS: readonly FaultKind[] = ['unseen', 'drop', 'conflict', 'hold'];

describe('an outcome that is unknown', () => {
  it.each(NAMES.flatMap((name) => KINDS.map((kind) => [name, kind] as const)))(
    'of %s (%s) is settled by the ledger',
    async (name, kind) => {
      world = await startWorld();
      const device = await begin();
      world.startTraffic([1, 2], { token: device.token, position: nearNode(2) }, 500);
      const fault = world.channel.fault(kind, `MigrationContract:${name}`);
      await reconnect(device.token);
      await world.until('it is met', () => fault.met);
      await world.clock.advance(60_000);
      fault.release();
      await untilEnded();
      await expectSettled(device);
      if (kind !== 'hold') expect(await stateOf()).toBe('COMPLETED');
    },
  );

  it('of Evaluate is asked again', async () => {
    world = await startWorld();
    const device = await begin();
    world.channel.fault('unseen', 'EvaluationContract:Submit', 'Edge2MSP');
    const fault = world.channel.fault('drop', 'EvaluationContract:Submit', 'Edge3MSP');
    await reconnect(device.token);
    await untilEnded();
    expect(fault.met).toBe(true);
    await expectSettled(device);
  });

  it('of Abort leaves the source closed until one of the two is seen', async () => {
    world = await startWorld();
    const device = await begin();
    world.node(2).engine.sickServices.add('counter');
    const fault = world.channel.fault('hold', 'MigrationContract:Abort');
    await reconnect(device.token);
    await world.until('it is met', () => fault.met);
    await world.clock.advance(10_000);
    expect(world.runningOn(device.instanceId)).toEqual([]);
    expect(await world.request(1, { token: device.token })).toMatchObject({ status: 503 });
    fault.release();
    await expectSettled(device);
  });

  it('of HandOver, then delivered after the abort of the source, changes nothing', async () => {
    world = await startWorld();
    const device = await begin();
    const handOver = world.channel.fault('hold', 'MigrationContract:HandOver');
    world.channel.fault('hold', 'MigrationContract:HandOver');
    world.channel.fault('hold', 'MigrationContract:HandOver');
    world.channel.fault('hold', 'MigrationContract:HandOver');
    await reconnect(device.token);
    await untilEnded();
    expect(await stateOf()).toBe('ABORTED');
    await expectSettled(device);
    handOver.release();
    await expectSettled(device);
    expect((await world.instance(device.instanceId)).ownerNodeId).toBe('Edge1MSP');
  });

  it('of HandOver, delivered 60 s late while the source aborts: one of the two wins, for both sides', async () => {
    world = await startWorld();
    const device = await begin();
    const handOver = world.channel.fault('hold', 'MigrationContract:HandOver');
    const abort = world.channel.fault('hold', 'MigrationContract:Abort');
    for (let turn = 0; turn < 3; turn += 1) world.channel.fault('hold', 'MigrationContract:HandOver');
    await reconnect(device.token);
    await world.until('the abort is due', () => abort.met);
    await world.clock.advance(5000);
    handOver.release();
    abort.release();
    await expectSettled(device);
    expect(await stateOf()).toBe('COMPLETED');
  });
});

describe('events', () => {
  it('that are delivered again change nothing', async () => {
    world = await startWorld();
    const device = await begin();
    await reconnect(device.token);
    await untilEnded();
    await world.clock.advance(5000);
    const state = await world.instance(device.instanceId);
    for (const number of [1, 2, 3]) {
      world.crash(number);
      await world.node(number).checkpoints.save({ genesisSha256: world.channel.genesisSha256, nextBlock: 1 });
      await world.restart(number);
    }
    await world.clock.advance(30_000);
    expect(await world.instance(device.instanceId)).toEqual(state);
    expect(await world.migrations()).toHaveLength(1);
    await expectSettled(device);
  });

  it('of another network are no checkpoint', async () => {
    world = await startWorld();
    world.crash(2);
    await world.node(2).checkpoints.save({ genesisSha256: 'another', nextBlock: 1_000_000 });
    await world.restart(2);
    const device = await begin();
    await reconnect(device.token);
    await untilEnded();
    await expectSettled(device);
  });
});

describe('peers that lag', () => {
  it.each([1, 2])('the one of cluster %d', async (number) => {
    world = await startWorld({ batchTimeoutMs: 20 });
    const device = await begin();
    world.channel.peer(nodeIdOf(number)).lagMs = 700;
    world.startTraffic([1, 2], { token: device.token, position: nearNode(2) }, 300);
    await reconnect(device.token);
    await untilEnded();
    expect(await stateOf()).toBe('COMPLETED');
    await expectSettled(device);
  });

  it('a proposal that is refused because it was committed unseen goes on', async () => {
    world = await startWorld();
    const device = await begin();
    world.channel.peer('Edge1MSP').lagMs = 700;
    const fault = world.channel.fault('unseen', 'MigrationContract:Propose');
    await reconnect(device.token);
    await untilEnded();
    expect(fault.met).toBe(true);
    expect(await stateOf()).toBe('COMPLETED');
    expect(await world.migrations()).toHaveLength(1);
    await expectSettled(device);
  });

  it('an instance with state waits for a fresh view after a restart', async () => {
    world = await startWorld();
    const device = await begin();
    const stateless = await world.request(1, { serviceId: 'detect', deviceId: 'car-2' });
    world.crash(1);
    world.channel.ordererRunning = false;
    await world.restart(1);
    await world.clock.advance(3000);
    expect(await world.request(1, { token: device.token })).toMatchObject({ status: 503, code: 'BLOSM_E_TIMEOUT' });
    const served = await world.request(1, { token: stateless.token, serviceId: 'detect' });
    expect(served).toMatchObject({ status: 200 });
    world.channel.ordererRunning = true;
    await world.clock.advance(5000);
    expect(await world.request(1, { token: device.token })).toMatchObject({ status: 200 });
  });
});

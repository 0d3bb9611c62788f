import { recoverInstance } from '../../../agent/app/control/recover-instance';
import type { Fault } from '../../fakes/channel';
import { nearNode, nodeIdOf, startWorld, type World } from '../../support/agents';
import { expectInvariants, expectNothingLost, isEnded } from '../../support/invariants';
import { sampleOf } from '../../support/sample';
import type { Answer } from '../../support/world-devices';

/**
 * An agent whose state directory is gone (journal, checkpoint, run specs, tokens) starts anew, with what the ledger and
 * the engine hold: it never starts a second copy, and never discards the only one.
 */

// Simulated time costs real time on a busy machine.
jest.setTimeout(240_000);

let world: World;
afterEach(() => world.end());

async function begin(): Promise<Answer> {
  world = await startWorld({ warmUpMs: 20 });
  const first = await world.request(1, { deviceId: 'car-1', position: nearNode(1) });
  return world.request(1, { token: first.token, position: nearNode(1) });
}

/** Writes at both clusters all the time, from near the second. */
const drive = ({ token }: Answer): Answer[] =>
  world.startTraffic([2, 1], { token, position: nearNode(2), takesMs: 10 }, 150);

async function loseState(number: number, awayMs = 3000): Promise<void> {
  world.crash(number);
  world.node(number).loseState();
  await world.clock.advance(awayMs);
  await world.restart(number);
}

const hasMoved = async ({ instanceId }: Answer): Promise<boolean> =>
  (await world.migrations()).length > 0 && isEnded(world, instanceId);

describe.each([
  { side: 1, role: 'source' },
  { side: 2, role: 'destination' },
] as const)('the state directory of cluster $side, the $role, is lost', ({ side }) => {
  it('at any entry of its journal, under load: the invariants hold', async () => {
    const device = await begin();
    const from = world.node(side).appends + 1;
    drive(device);
    await world.until('it has moved', () => hasMoved(device));
    await world.clock.advance(3000);
    const to = world.node(side).appends;
    await world.end();
    const entries = Array.from({ length: to - from + 1 }, (_, index) => from + index);
    expect(entries.length).toBeGreaterThan(12);
    for (const entry of sampleOf(entries, `state of ${side} lost`, 6)) {
      try {
        await strike(side, entry);
      } catch (error) {
        throw new Error(`after entry ${entry}: ${String(error)}`, { cause: error });
      }
      await world.end();
    }
  });
});

async function strike(side: 1 | 2, entry: number): Promise<void> {
  const device = await begin();
  const node = world.node(side);
  let isStruck = false;
  node.onAppend = (number) => {
    if (number === entry) isStruck = true;
  };
  drive(device);
  await world.until('the moment has come', () => isStruck, 60_000);
  await loseState(side);
  await expectInvariants(world, device);
}

describe('while a hand-over is on its way', () => {
  let device: Answer;
  let handOver: Fault;
  beforeEach(async () => {
    device = await begin();
    handOver = world.channel.fault('hold', 'MigrationContract:HandOver');
    drive(device);
    await world.until('the orderer holds it', () => handOver.met);
  });

  it('a source that has lost its state acknowledges nothing until the migration has ended', async () => {
    // Abort and HandOver write the same key: while both are held neither is decided.
    const abort = world.channel.fault('hold', 'MigrationContract:Abort');
    const before = world.counts(device.instanceId).length;
    await loseState(1, 1000);
    await world.until('it wants to abort', () => abort.met);
    await world.clock.advance(5000);
    expect(world.counts(device.instanceId)).toHaveLength(before);
    handOver.release();
    await world.until('the hand-over counts', async () => (await world.instance(device.instanceId)).epoch === 2);
    abort.release();
    await expectInvariants(world, device);
    expect(await world.instance(device.instanceId)).toMatchObject({ ownerNodeId: nodeIdOf(2) });
  });

  it('a source that has lost its state goes on once its abort counts, whatever comes late', async () => {
    await loseState(1, 1000);
    await world.until('it has ended', () => isEnded(world, device.instanceId));
    const [migration] = await world.migrations();
    expect(migration).toMatchObject({ state: 'ABORTED', abort: { stage: 'journal' } });
    handOver.release();
    await expectInvariants(world, device);
  });

  it('a destination that has lost its state keeps the copy that it has prepared', async () => {
    await loseState(2, 1000);
    await world.clock.advance(5000);
    expect(world.runningOn(device.instanceId)).toEqual([2]);
    handOver.release();
    await expectInvariants(world, device);
    expect(await world.instance(device.instanceId)).toMatchObject({ ownerNodeId: nodeIdOf(2), epoch: 2 });
  });

  it('both have lost their state', async () => {
    for (const number of [1, 2]) {
      world.crash(number);
      world.node(number).loseState();
    }
    // The run spec is with no one else: the operator registers the service anew.
    const specs = await world.node(3).specs.load();
    await world.node(1).specs.save(specs ?? {});
    for (const number of [1, 2]) await world.restart(number);
    await world.clock.advance(2000);
    handOver.release();
    await expectInvariants(world, device);
  });
});

describe('with the container of the owner', () => {
  it('lost too, nothing begins anew before an operator says so', async () => {
    const device = await begin();
    world.crash(1);
    world.node(1).loseState();
    world.node(1).engine.containers.clear();
    await world.restart(1);
    await world.clock.advance(60_000);
    expect(world.containersOn(device.instanceId)).toEqual([]);
    const { plan } = world.agent(1).lanes.get(device.instanceId)?.state ?? {};
    expect(plan).toMatchObject({
      kind: 'wait',
      reason: expect.stringContaining('the journal does not know of its beginning; an operator must recover') as string,
    });
    await world.clock.runUntil(recoverInstance(world.agent(1), device.instanceId, null, {}));
    const answer = await world.request(1, { token: device.token, position: nearNode(1) });
    expect(answer).toMatchObject({ status: 200, servedBy: 'edge1' });
  });

  it('kept, what was written since an operator recovered it is not thrown away', async () => {
    const device = await begin();
    world.node(1).engine.containers.clear();
    await world.clock.runUntil(recoverInstance(world.agent(1), device.instanceId, null, {}));
    const first = await world.request(1, { token: device.token, position: nearNode(1) });
    expect(first.count).toBe(1);
    await loseState(1);
    const next = await world.request(1, { token: device.token, position: nearNode(1) });
    expect(next).toMatchObject({ status: 200, servedBy: 'edge1', count: 2 });
    expect(world.runningOn(device.instanceId)).toEqual([1]);
  });

  it('kept, it serves on, with the run spec of another cluster', async () => {
    const device = await begin();
    await loseState(1);
    const next = await world.request(1, { token: device.token, position: nearNode(1) });
    expect(next).toMatchObject({ status: 200, servedBy: 'edge1' });
    expectNothingLost(world, device.instanceId);
  });
});

import { FakeEngine } from '../../fakes/engine';
import { FakeRandom } from '../../fakes/random';
import { nearNode, startWorld, worldSettings, type World } from '../../support/agents';
import { WorldNode } from '../../support/world-node';

/**
 * Two agents of one cluster, on two machines with two state directories, whose registered address cannot be reached
 * when they start: only the ledger can tell them of each other.
 */

jest.setTimeout(60_000);

const LEASE_MS = 30_000;
/** Until the later one has to be gone, in milliseconds. */
const AT_LATEST_MS = 60_000 + 2 * LEASE_MS;
const NODE_ID = 'Edge1MSP';

let world: World;
let second: WorldNode;
afterEach(async () => {
  second.crash();
  await world.end();
});

/** The second machine, which nobody reaches from outside. */
async function secondMachine(seed = 7): Promise<WorldNode> {
  const { clock, channel, network, registry } = world;
  const engine = new FakeEngine({ clock, registry, name: 'edge1-again', warmUpMs: 20 });
  const ledger = await channel.agent(NODE_ID);
  return new WorldNode(NODE_ID, worldSettings(1), ledger, engine, { clock, network }, new FakeRandom(seed));
}

/** Both are off the network of the agents: the address that the ledger has leads nowhere. */
async function startUnreached(node: WorldNode): Promise<void> {
  await world.clock.runUntil(node.start());
  world.network.detach(NODE_ID);
}

describe('two agents of one cluster that cannot reach their registered address', () => {
  it.each([0, 1, 7, 40, 200, 1000])('%d s apart: one ends, and one goes on', async (seconds) => {
    world = await startWorld({ warmUpMs: 20 });
    second = await secondMachine(seconds + 7);
    world.network.detach(NODE_ID);
    await world.clock.advance(seconds * 1000);
    await startUnreached(second);
    const first = world.node(1);
    const ended = (): WorldNode[] => [first, second].filter(({ agent }) => agent.displaced.aborted);
    await world.until('one of them ends', () => ended().length > 0, AT_LATEST_MS);
    expect(ended()[0]?.agent.displaced.reason).toMatchObject({
      code: 'BLOSM_E_AGENT_RUNNING',
      message: expect.stringContaining('another agent of Edge1MSP renews its lease') as string,
      hint: expect.stringContaining('A cluster has one agent') as string,
    });
    // Clearly later: then it is the one that came later.
    if (seconds >= 200) expect(ended()).toEqual([second]);
    await world.clock.advance(20 * LEASE_MS);
    expect(ended()).toHaveLength(1);
    const [left] = [first, second].filter((node) => !ended().includes(node));
    const leases = await left!.ledger.query('NodeContract:Leases', []);
    expect(leases.find(({ nodeId }) => nodeId === NODE_ID)?.expiresAtMs).toBeGreaterThan(world.clock.nowMs());
  });

  it('the later one, with an empty journal, makes no second copy of anything', async () => {
    world = await startWorld({ warmUpMs: 20 });
    const before = await world.request(1, { deviceId: 'before', position: nearNode(1) });
    second = await secondMachine();
    await world.clock.advance(300_000);
    await startUnreached(second);
    const during = await world.request(1, { deviceId: 'during', position: nearNode(1) });
    for (const { token } of [before, during]) {
      expect(await world.request(1, { token })).toMatchObject({ status: 200, servedBy: 'edge1' });
    }
    await world.until('it ends', () => second.agent.displaced.aborted, AT_LATEST_MS);
    expect([...second.engine.containers.values()]).toEqual([]);
    for (const { token, instanceId } of [before, during]) {
      expect(await world.request(1, { token })).toMatchObject({ status: 200, servedBy: 'edge1' });
      expect(world.counts(instanceId)).toEqual([1, 2, 3]);
    }
  });
});

describe('an agent that is started again and again', () => {
  it('never takes its own earlier runs for another agent, however late they are committed', async () => {
    world = await startWorld({ warmUpMs: 20 });
    second = await secondMachine();
    const { channel, clock } = world;
    for (let run = 0; run < 6; run += 1) {
      // A renewal of this run is held by the orderer until the next one has been renewing for a while.
      const fault = channel.fault('hold', 'NodeContract:Renew', NODE_ID);
      await world.until('a renewal is held', () => fault.met, 4 * LEASE_MS);
      world.crash(1);
      await clock.advance(run * 1000);
      await world.restart(1);
      await clock.advance((run + 1) * 20_000);
      fault.release();
      await clock.advance(6 * LEASE_MS);
      expect(world.agent(1).displaced.aborted).toBe(false);
    }
  });

  it('nor those of a run whose clock was ahead', async () => {
    world = await startWorld({ warmUpMs: 20 });
    second = await secondMachine();
    const { channel, clock } = world;
    const first = world.node(1);
    first.clockOffsetMs = 25_000;
    first.ledger.clockOffsetMs = 25_000;
    await clock.advance(2 * LEASE_MS);
    const fault = channel.fault('hold', 'NodeContract:Renew', NODE_ID);
    await world.until('a renewal is held', () => fault.met, 4 * LEASE_MS);
    world.crash(1);
    first.clockOffsetMs = -25_000;
    first.ledger.clockOffsetMs = -25_000;
    await world.restart(1);
    await clock.advance(3 * LEASE_MS);
    fault.release();
    await clock.advance(20 * LEASE_MS);
    expect(world.agent(1).displaced.aborted).toBe(false);
  });
});

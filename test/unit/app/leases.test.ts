import { recoverInstance } from '../../../agent/app/control/recover-instance';
import { hasCode, type NodeState } from '../../../chaincode/src/model';
import { nearNode, startWorld } from '../../support/agents';
import type { World } from '../../support/world';

const LEASE_MS = 30_000;
const DAY_MS = 86_400_000;

const stateOf = async (world: World, number: number): Promise<NodeState> => {
  const node = await world.node(1).ledger.query('NodeContract:Get', [`Edge${number}MSP`]);
  return node.state;
};

/** Moves the clock far without playing every second: nothing happens on a channel whose agents are all away. */
async function dayPasses(world: World): Promise<void> {
  for (const number of [1, 2]) world.crash(number);
  await world.clock.advance(DAY_MS);
  for (const number of [1, 2]) await world.restart(number);
}

describe('the lease of a cluster', () => {
  let world: World;
  afterEach(() => world.end());

  /** How often it was suspended or has resumed. */
  const changesOf = async (number: number): Promise<number> => {
    const history = await world.node(1).ledger.query('NodeContract:History', [`Edge${number}MSP`]);
    return history.length - 1;
  };

  it('is renewed again and again: nobody is suspended', async () => {
    world = await startWorld();
    await world.clock.advance(20 * LEASE_MS);
    for (const number of [1, 2, 3]) expect(await stateOf(world, number)).toBe('ACTIVE');
    const renewals = await world.node(1).ledger.query('NodeContract:History', ['Edge1MSP']);
    // Renewals are under a key of their own.
    expect(renewals).toHaveLength(1);
  });

  it('is renewed when half of it is left', async () => {
    world = await startWorld();
    const left: number[] = [];
    for (let turn = 0; turn < 240; turn += 1) {
      await world.clock.advance(500);
      const leases = await world.node(1).ledger.query('NodeContract:Leases', []);
      left.push(...leases.map(({ expiresAtMs }) => expiresAtMs - world.clock.nowMs()));
    }
    expect(left).toHaveLength(3 * 240);
    expect(Math.min(...left)).toBeGreaterThan(LEASE_MS / 2 - 500);
    // And not much sooner.
    expect(Math.min(...left)).toBeLessThanOrEqual(LEASE_MS / 2 + 500);
  });

  it('keeps three going when one is off for a day, and the one resumes', async () => {
    world = await startWorld();
    const first = await world.request(1, { deviceId: 'car', position: nearNode(1) });
    world.crash(3);
    await world.until('the third is suspended', async () => (await stateOf(world, 3)) === 'SUSPENDED', 120_000);
    await dayPasses(world);
    expect(await stateOf(world, 3)).toBe('SUSPENDED');
    await world.until('the instance has moved', async () => {
      await world.request(1, { token: first.token, position: nearNode(2) });
      return (await world.instances()).every(({ ownerNodeId, openMigrationId }) => {
        return ownerNodeId === 'Edge2MSP' && openMigrationId === null;
      });
    });
    await world.restart(3);
    await world.until('the third is back', async () => (await stateOf(world, 3)) === 'ACTIVE', 60_000);
    await world.until('the instance has moved to it', async () => {
      await world.request(2, { token: first.token, position: nearNode(3) });
      return (await world.instances()).every(({ ownerNodeId }) => ownerNodeId === 'Edge3MSP');
    });
    expect(world.counts((await world.instances())[0]!.instanceId).length).toBeGreaterThan(2);
  });

  it('lapses for all while the orderer is down: they renew, and nobody suspends anybody', async () => {
    world = await startWorld();
    await world.clock.advance(LEASE_MS);
    world.channel.ordererRunning = false;
    await world.clock.advance(3 * LEASE_MS);
    world.channel.ordererRunning = true;
    await world.clock.advance(2 * LEASE_MS);
    for (const nodeId of ['Edge1MSP', 'Edge2MSP', 'Edge3MSP']) {
      // A suspension, and what takes it back, would be changes of the node.
      expect(await world.node(1).ledger.query('NodeContract:History', [nodeId])).toHaveLength(1);
    }
  });

  it('is a matter for others only once they had time to renew it after this one was cut off itself', async () => {
    world = await startWorld({ nodes: 5 });
    await world.clock.advance(LEASE_MS);
    world.channel.ordererRunning = false;
    await world.clock.advance(3 * LEASE_MS);
    world.crash(2);
    world.agent(1).lease.suspended();
    world.channel.ordererRunning = true;
    await world.clock.advance(3000);
    world.agent(1).lease.suspended();
    await world.clock.advance(1000);
    await world.restart(2);
    await world.clock.advance(2 * LEASE_MS);
    expect(await changesOf(2)).toBe(0);
  });

  it('is a matter for others only once they had time to renew it after this one was started', async () => {
    world = await startWorld({ nodes: 5 });
    for (const number of [1, 2, 3, 4, 5]) world.crash(number);
    await world.clock.advance(3 * LEASE_MS);
    await world.restart(1);
    await world.clock.advance(3000);
    for (const number of [2, 3, 4, 5]) await world.restart(number);
    await world.clock.advance(2 * LEASE_MS);
    for (const number of [2, 3, 4, 5]) expect(await changesOf(number)).toBe(0);
  });

  it('is not enough for two to suspend the last majority', async () => {
    world = await startWorld();
    world.crash(2);
    world.crash(3);
    await world.clock.advance(5 * LEASE_MS);
    const states = [await stateOf(world, 2), await stateOf(world, 3)];
    expect(states.filter((state) => state === 'ACTIVE')).toHaveLength(1);
  });

  it('is taken back at once by an agent that hears of its suspension', async () => {
    world = await startWorld();
    const { ledger } = world.node(3);
    await world.clock.advance(1000);
    // As if its renewals had been lost: the shortest lease there is, then silence until it is over.
    world.channel.fault('drop', 'NodeContract:Renew', 'Edge3MSP');
    await world.clock.runUntil(ledger.submit('NodeContract:Renew', [{ leaseSeconds: 5 }]).catch(() => undefined));
    await world.clock.runUntil(ledger.submit('NodeContract:Renew', [{ leaseSeconds: 5 }]));
    await world.clock.advance(6000);
    const suspension = world.node(1).ledger.submit('NodeContract:Suspend', ['Edge3MSP']);
    await world.clock.runUntil(
      suspension.catch((error: unknown) => {
        if (!hasCode(error, 'BLOSM_E_LEASE_HELD')) throw error;
      }),
    );
    await world.until('it is active', async () => (await stateOf(world, 3)) === 'ACTIVE', 1000);
  });
});

describe('an instance whose owner is suspended', () => {
  let world: World;
  afterEach(() => world.end());

  it('is claimed by the cluster that its device reaches when it keeps no state', async () => {
    world = await startWorld();
    const first = await world.request(1, { serviceId: 'detect', deviceId: 'car', position: nearNode(1) });
    const { instanceId } = (await world.instances())[0]!;
    world.crash(1);
    await world.until('the owner is suspended', async () => (await stateOf(world, 1)) === 'SUSPENDED', 120_000);
    const again = await world.request(2, { serviceId: 'detect', token: first.token, position: nearNode(2) });
    expect(again).toMatchObject({ status: 200, servedBy: 'edge2' });
    expect(await world.instance(instanceId)).toMatchObject({ ownerNodeId: 'Edge2MSP', epoch: 2 });
    await world.restart(1);
    await world.until('the old copy is gone', () => world.containersOn(instanceId).join() === '2', 120_000);
  });

  it('stays where it is when it keeps state, until an operator recovers it', async () => {
    world = await startWorld();
    const first = await world.request(1, { deviceId: 'car', position: nearNode(1) });
    const { instanceId } = (await world.instances())[0]!;
    world.crash(1);
    await world.until('the owner is suspended', async () => (await stateOf(world, 1)) === 'SUSPENDED', 120_000);
    const refused = await world.request(2, { token: first.token, position: nearNode(2) });
    expect(refused.status).toBeGreaterThanOrEqual(500);
    expect(await world.instance(instanceId)).toMatchObject({ ownerNodeId: 'Edge1MSP', epoch: 1 });
    await world.clock.runUntil(recoverInstance(world.agent(2), instanceId, null, {}));
    const anew = await world.request(2, { token: first.token, position: nearNode(2) });
    expect(anew).toMatchObject({ status: 200, servedBy: 'edge2' });
    await world.restart(1);
    await world.until('the old copy is gone', () => world.containersOn(instanceId).join() === '2', 120_000);
  });
});

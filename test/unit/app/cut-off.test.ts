import { BlosmError } from '../../../chaincode/src/model';
import { nearNode, publish, startWorld, type World } from '../../support/agents';
import type { Answer } from '../../support/world-devices';

// Simulated time costs real time on a busy machine.
jest.setTimeout(60_000);

let world: World;
afterEach(() => world.end());

async function begin(serviceId = 'counter'): Promise<Answer> {
  world = await startWorld({ nodes: 2 });
  const first = await world.request(1, { serviceId, deviceId: 'car-1', position: nearNode(1) });
  expect(first.status).toBe(200);
  return first;
}

const ask = ({ token }: Answer, serviceId = 'counter'): Promise<Answer> =>
  world.request(1, { token, serviceId, position: nearNode(1) });

/** The Docker Engine's API is away; containers run on, as they do when only the daemon is restarted. */
function cutOffEngine(): void {
  const fails = new BlosmError('BLOSM_E_ENGINE_UNREACHABLE', 'no answer');
  for (const operation of ['listContainers', 'listImages', 'observe', 'usage'] as const) {
    world.node(1).engine.fault({ operation, fails, times: Infinity });
  }
}

const CUTS: Readonly<Record<string, () => void>> = {
  'the peer': () => world.channel.peer('Edge1MSP').stop(),
  'the orderer': () => (world.channel.ordererRunning = false),
  'the Docker Engine': cutOffEngine,
  'all of them': () =>
    Object.values(CUTS)
      .slice(0, 3)
      .forEach((cut) => cut()),
};

describe('what runs is served with', () => {
  it.each(Object.keys(CUTS))('%s off, for two minutes', async (what) => {
    const device = await begin();
    CUTS[what]!();
    for (let turn = 0; turn < 3; turn += 1) {
      expect(await ask(device)).toMatchObject({ status: 200, servedBy: 'edge1' });
      await world.clock.advance(40_000);
    }
    expect(world.counts(device.instanceId)).toEqual([1, 2, 3, 4]);
  });

  it('the peer off since the ledger’s record of it changed', async () => {
    const device = await begin();
    world.agent(1).cache.invalidate({ name: 'InstanceCreated', instanceId: device.instanceId } as never);
    world.channel.peer('Edge1MSP').stop();
    expect(await ask(device)).toMatchObject({ status: 200 });
  });

  it('the peer off, while who is new waits for it', async () => {
    await begin();
    world.channel.peer('Edge1MSP').stop();
    expect(await world.request(1, { serviceId: 'detect', deviceId: 'car-2' })).toMatchObject({ status: 503 });
  });
});

describe('after a restart of the agent that finds the orderer off', () => {
  const restart = async (): Promise<void> => {
    world.crash(1);
    world.channel.ordererRunning = false;
    await world.restart(1);
  };

  it('an instance without state is served, and the answer says so', async () => {
    const device = await begin('detect');
    await restart();
    expect(await ask(device, 'detect')).toMatchObject({ status: 200, servedBy: 'edge1' });
    const { router } = world.agent(1);
    const facts = { serviceId: 'detect', method: 'GET', deviceId: '', token: device.token, position: null };
    const decide = (): Promise<unknown> =>
      world.clock.runUntil(
        router.decide({ ...facts, forwardedBy: null, migrated: false }, new AbortController().signal),
      );
    expect(await decide()).toMatchObject({ kind: 'serve', answer: { isFresh: false } });
    world.channel.ordererRunning = true;
    await world.until('it has caught up', () => world.agent(1).isFresh);
    expect(await decide()).toMatchObject({ kind: 'serve', answer: { isFresh: true } });
  });

  it('an instance with state holds until the view is fresh', async () => {
    const device = await begin();
    await restart();
    expect(await ask(device)).toMatchObject({ status: 503, reason: expect.stringContaining('caught up') as string });
    const held = ask(device);
    world.channel.ordererRunning = true;
    expect(await held).toMatchObject({ status: 200, count: 2 });
  });
});

describe('after a restart of the agent that finds its own peer off', () => {
  const restart = async (): Promise<void> => {
    // What was read is on the disk a moment later.
    await world.clock.advance(1000);
    world.crash(1);
    world.channel.peer('Edge1MSP').stop();
    await world.restart(1);
  };
  const isFresh = (): boolean => world.agent(1).isFresh;
  const mend = async (): Promise<void> => {
    world.channel.peer('Edge1MSP').start();
    await world.until('it has caught up', isFresh);
  };

  it.each(['device', 'shared'] as const)('an instance without state (tenancy %s) is served', async (tenancy) => {
    world = await startWorld({ nodes: 2 });
    await publish(world, 'pages', 'counter', 'none', { registration: { tenancy } });
    const device = await world.request(1, { serviceId: 'pages', deviceId: 'car-1', position: nearNode(1) });
    await restart();
    for (let turn = 0; turn < 3; turn += 1) {
      expect(await ask(device, 'pages')).toMatchObject({ status: 200, servedBy: 'edge1' });
      await world.clock.advance(40_000);
    }
    expect(isFresh()).toBe(false);
    await mend();
    expect(await ask(device, 'pages')).toMatchObject({ status: 200, servedBy: 'edge1' });
    expect(world.node(1).engine.containers.size).toBe(1);
  });

  it('an instance without state is served whose container has ended meanwhile', async () => {
    const device = await begin('detect');
    const [container] = [...world.node(1).engine.containers.values()];
    world.node(1).engine.kill(container!.id);
    await restart();
    expect(await ask(device, 'detect')).toMatchObject({ status: 200, servedBy: 'edge1' });
  });

  it('an instance with state holds until the peer has caught up, and is told why', async () => {
    const device = await begin();
    await restart();
    const refused = await ask(device);
    expect(refused).toMatchObject({ status: 503, reason: expect.stringContaining('LEDGER_UNREACHABLE') as string });
    const held = ask(device);
    world.channel.peer('Edge1MSP').start();
    expect(await held).toMatchObject({ status: 200, count: 2 });
  });

  it('nobody is let in by a wrong token, and who is new waits for the peer', async () => {
    const device = await begin('detect');
    await restart();
    const wrong = { ...device, token: `${device.instanceId}.${'x'.repeat(43)}` };
    expect(await ask(wrong, 'detect')).toMatchObject({ status: 503, code: 'BLOSM_E_LEDGER_UNREACHABLE' });
    expect(await world.request(1, { serviceId: 'detect', deviceId: 'car-2' })).toMatchObject({ status: 503 });
    await mend();
    expect(await ask(wrong, 'detect')).toMatchObject({ status: 401 });
  });

  it('an instance that has moved away since is answered here no longer than until the peer has caught up', async () => {
    const device = await begin('detect');
    await world.clock.advance(1000);
    world.crash(1);
    const stale = structuredClone(await world.node(1).memory.load());
    await world.restart(1);
    world.startTraffic([2], { token: device.token, serviceId: 'detect', position: nearNode(2) }, 500);
    await world.until('it has moved', async () => (await world.migrations())[0]?.state === 'COMPLETED');
    await world.clock.advance(5000);
    expect((await world.node(1).memory.load())?.instances).toEqual({});
    world.crash(1);
    await world.node(1).memory.save(stale!);
    world.channel.peer('Edge1MSP').stop();
    await world.restart(1);
    await world.clock.advance(5000);
    await mend();
    expect(await ask(device, 'detect')).toMatchObject({ status: 200, servedBy: 'edge2' });
    await world.until('nothing is left of it here', () => world.node(1).engine.containers.size === 0);
  });

  it('an instance whose migration was under way holds', async () => {
    const device = await begin('detect');
    await world.clock.advance(1000);
    const entry = { instanceId: device.instanceId, migrationId: 'm-1', atMs: 0 } as const;
    await world.node(1).journal.append({ ...entry, kind: 'step-begun', name: 'drain', detail: null });
    await restart();
    expect(await ask(device, 'detect')).toMatchObject({ status: 503 });
  });
});

describe('after a restart of the agent that finds the Docker Engine off', () => {
  it('whatever runs waits until the engine says where, and is told why', async () => {
    const device = await begin('detect');
    world.crash(1);
    const { engine } = world.node(1);
    engine.isDown = true;
    await world.restart(1);
    const refused = await ask(device, 'detect');
    expect(refused).toMatchObject({ status: 503, reason: expect.stringContaining('ENGINE_UNREACHABLE') as string });
    const held = ask(device, 'detect');
    engine.isDown = false;
    expect(await held).toMatchObject({ status: 200, servedBy: 'edge1' });
  });
});

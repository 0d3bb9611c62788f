import { nearNode, publish, startWorld, type World } from '../../support/agents';
import { RUN_SPEC } from '../../support/run-spec';
import type { Answer } from '../../support/world-devices';

// Simulated time costs real time on a busy machine.
jest.setTimeout(60_000);

let world: World;
afterEach(() => world.end());

describe('what an agent keeps of what is gone', () => {
  const begin = async (): Promise<Answer> => {
    world = await startWorld();
    return world.request(1, { deviceId: 'car-1', position: nearNode(1) });
  };

  const remove = async (at: number, { instanceId }: Answer): Promise<void> => {
    const { epoch } = await world.instance(instanceId);
    await world.clock.runUntil(world.node(at).ledger.submit('InstanceContract:Remove', [{ instanceId, epoch }]));
    await world.until('its lane is over', () => world.agent(at).lanes.get(instanceId) === undefined);
  };

  it('is no record of it, also where it never was', async () => {
    const device = await begin();
    await world.request(3, { token: device.token });
    const { cache } = world.agent(3);
    expect(await cache.instance(device.instanceId)).toMatchObject({ ownerNodeId: 'Edge1MSP' });
    await remove(1, device);
    world.channel.peer('Edge3MSP').stop();
    await expect(world.clock.runUntil(cache.instance(device.instanceId))).rejects.toMatchObject({ retryable: true });
  });

  it('is none of its secrets; one that is here keeps its own also over a stop', async () => {
    const device = await begin();
    await world.request(2, { token: device.token, position: nearNode(2) });
    await world.until('it has moved', async () => (await world.migrations())[0]?.state === 'COMPLETED');
    expect(Object.keys((await world.node(2).tokens.load())!)).toEqual([device.instanceId]);
    await world.node(2).stop();
    expect(Object.keys((await world.node(2).tokens.load())!)).toEqual([device.instanceId]);
    await world.restart(2);
    await world.until('it is back', () => world.agent(2).isFresh);
    await remove(2, device);
    expect(await world.node(2).tokens.load()).toEqual({});
  });

  it('is no first request of a device that never asked again', async () => {
    world = await startWorld();
    const { engine } = world.node(1);
    const end = engine.fault({ operation: 'createContainer', hangs: true, times: 100 });
    expect((await world.request(1, { deviceId: 'car-1', position: nearNode(1) })).status).toBe(503);
    const { creator } = world.agent(1);
    expect(creator.isUnderWay('counter', 'car-1')).toBe(true);
    end();
    const [instance] = await world.instances();
    await remove(1, { ...(await world.request(1)), instanceId: instance!.instanceId });
    expect(creator.isUnderWay('counter', 'car-1')).toBe(false);
  });

  it('is no run spec of a service that was removed, also where the agent was away; another one with it stays', async () => {
    world = await startWorld();
    const { ledger } = world.node(1);
    const secret = { env: [{ name: 'KEY', value: 'open-sesame-4711', secret: true }] };
    const remove = (id: string): Promise<unknown> =>
      world.clock.runUntil(ledger.submit('ServiceContract:Remove', [id]));
    for (const id of ['one', 'other']) await publish(world, id, 'counter', 'none', { spec: secret });
    const holders = async (text = 'open-sesame'): Promise<number[]> => {
      const kept = await Promise.all([1, 2, 3].map((number) => world.node(number).specs.load()));
      return kept.flatMap((specs, place) => (JSON.stringify(specs).includes(text) ? [place + 1] : []));
    };
    await world.until('all have learned it', async () => (await holders()).length === 3);
    await remove('one');
    await world.clock.advance(1000);
    expect(await holders()).toEqual([1, 2, 3]);
    world.crash(3);
    await world.agent(1).specs.keepToRegister({ ...RUN_SPEC, env: [{ name: 'A', value: 'not-yet', secret: false }] });
    await remove('other');
    await world.until('two have let it go', async () => (await holders()).join() === '3');
    expect(await holders('not-yet')).toEqual([1]);
    await world.restart(3);
    await world.until('the third has let it go', async () => (await holders()).length === 0);
  });
});

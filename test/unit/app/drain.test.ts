import { AgentControl } from '../../../agent/app/control/control-service';
import { DrainView } from '../../../agent/ports/control';
import { nearNode, nodeIdOf, publish, startWorld, worldSettings, type World } from '../../support/agents';
import type { Answer } from '../../support/world-devices';

const MEBI = 1_048_576;
const memory = (mebi: number): object => ({ capacity: { ...worldSettings(1).capacity, memoryBytes: mebi * MEBI } });

// Simulated time costs real time on a busy machine.
jest.setTimeout(60_000);

let world: World;
afterEach(() => world.end());

const run = <T>(answer: Promise<T>): Promise<T> => world.clock.runUntil(answer);
const controlOf = (number: number): AgentControl =>
  new AgentControl(world.agent(number), { version: '0.0.0', channel: 'blosm', startedAtMs: 0 });
const begin = async (number = 1): Promise<DrainView> => DrainView.parse(await run(controlOf(number).drain.begin()));
const view = (number = 1): DrainView => DrainView.parse(controlOf(number).drain.view());
const untilDone = (number = 1): Promise<void> => world.until('it is drained', () => view(number).isDone);

const devices = async (count: number, position = nearNode(1)): Promise<Answer[]> => {
  const answers: Answer[] = [];
  for (let turn = 0; turn < count; turn += 1) {
    answers.push(await world.request(1, { deviceId: `car-${turn}`, position }));
  }
  return answers;
};

/** Who owns each instance, by cluster number. */
const owners = async (): Promise<number[]> =>
  (await world.instances()).map(({ ownerNodeId }) => [1, 2, 3].find((number) => nodeIdOf(number) === ownerNodeId)!);

describe('a cluster that is drained', () => {
  it('moves everything away, one after the other, and nothing is lost', async () => {
    world = await startWorld();
    const cars = await devices(5);
    for (const { token } of cars) await world.request(1, { token });
    const begun = await begin();
    expect(begun).toMatchObject({ draining: true, cordoned: true, isDone: false, moved: 0 });
    expect(begun.instances).toHaveLength(5);
    expect(begun.instances.filter(({ step }) => step === 'moving')).toHaveLength(4);
    expect(begun.instances.find(({ step }) => step === 'waiting')).toMatchObject({ reason: 'waits for its turn' });
    await untilDone();
    expect(view()).toMatchObject({ draining: true, cordoned: true, moved: 5, instances: [] });
    expect((await owners()).filter((number) => number === 1)).toEqual([]);
    for (const { token } of cars) {
      expect(await world.request(1, { token, position: nearNode(1) })).toMatchObject({ status: 200, count: 3 });
    }
    // The devices are still in its coverage: nothing comes back.
    await world.clock.advance(60_000);
    expect(world.node(1).engine.containers.size).toBe(0);
    expect(await world.migrations()).toHaveLength(5);
  });

  it('moves the devices of a shared container one by one, to one container', async () => {
    world = await startWorld();
    await publish(world, 'shared', 'image-recognition', 'none', { registration: { tenancy: 'shared' } });
    const cars: Answer[] = [];
    for (const deviceId of ['car-1', 'car-2', 'car-3']) {
      cars.push(await world.request(1, { deviceId, serviceId: 'shared', position: nearNode(1) }));
    }
    await begin();
    await untilDone();
    await world.until('the old container is gone', () => world.node(1).engine.containers.size === 0);
    expect(await owners()).toEqual([2, 2, 2]);
    expect(world.node(2).engine.containers.size).toBe(1);
    for (const { token } of cars) {
      expect(await world.request(1, { token, serviceId: 'shared' })).toMatchObject({ status: 200, servedBy: 'edge2' });
    }
  });

  it('takes nothing new, also before the ledger shows it', async () => {
    world = await startWorld();
    await begin();
    expect(view()).toMatchObject({ isDone: true, instances: [] });
    expect(await world.request(1, { deviceId: 'car-1' })).toMatchObject({ status: 200, servedBy: 'edge2' });
    expect(await world.request(2, { deviceId: 'car-2' })).toMatchObject({ servedBy: 'edge2' });
  });

  it('prefers who covers the device, then whoever is near', async () => {
    world = await startWorld();
    const far = await world.request(1, { deviceId: 'car-1', position: nearNode(3, 10) });
    const near = await world.request(1, { deviceId: 'car-2', position: nearNode(1, -100) });
    await begin();
    await untilDone();
    expect((await world.instance(far.instanceId)).ownerNodeId).toBe('Edge3MSP');
    expect((await world.instance(near.instanceId)).ownerNodeId).toBe('Edge2MSP');
  });

  it('goes on after the agent was started anew, and with what it had not known', async () => {
    world = await startWorld();
    await devices(3);
    await begin();
    world.crash(1);
    await world.restart(1);
    expect(view()).toMatchObject({ draining: true });
    await untilDone();
    expect(await owners()).toEqual([2, 2, 2]);
  });

  it('names who cannot be moved and why, and moves it as soon as there is room', async () => {
    world = await startWorld({ settingsOf: { 2: memory(200), 3: memory(100) } });
    await devices(2);
    await begin();
    await world.until('one has gone', () => view().moved === 1);
    await world.clock.advance(5000);
    expect(view()).toMatchObject({
      isDone: false,
      instances: [
        {
          step: 'refused',
          to: null,
          reason: expect.stringMatching(/no cluster has room: edge2: needs .*; edge3: needs 128 MiB/) as string,
        },
      ],
    });
    expect((await world.migrations()).length).toBe(1);
    const { instanceId } = (await world.instances()).find(({ ownerNodeId }) => ownerNodeId === 'Edge2MSP')!;
    await run(world.node(2).ledger.submit('InstanceContract:Remove', [{ instanceId, epoch: 2 }]));
    await untilDone();
  });

  it('tries the next cluster when the first one fails, then says so, and tries again later', async () => {
    world = await startWorld();
    const [car] = await devices(1);
    world.node(2).engine.sickServices.add('counter');
    world.node(3).engine.sickServices.add('counter');
    await begin();
    await world.until('both have failed', () => view().instances[0]?.step === 'failed', 600_000);
    expect(view().instances[0]).toMatchObject({ reason: expect.stringMatching(/^destination: /) as string });
    await world.until('all has been tried', async () => (await world.migrations()).length >= 2, 600_000);
    expect(await world.request(1, { token: car!.token })).toMatchObject({ status: 200, servedBy: 'edge1' });
    const named = (await world.migrations()).map(({ requestedDestination }) => requestedDestination);
    expect(new Set(named)).toEqual(new Set(['Edge2MSP', 'Edge3MSP']));
    world.node(3).engine.sickServices.clear();
    await world.until('it is drained', () => view().isDone, 3_600_000);
    expect(await owners()).toEqual([3]);
  });

  it('says when there is nobody else', async () => {
    world = await startWorld({ nodes: 1 });
    await devices(1);
    await begin();
    expect(view().instances).toMatchObject([
      { step: 'refused', reason: 'there is no other active cluster that takes in what is new' },
    ]);
  });

  it('says what the strategy cannot move', async () => {
    world = await startWorld({ settings: { strategy: 'direct' } });
    await devices(1);
    await begin();
    expect(view().instances).toMatchObject([
      { step: 'refused', reason: expect.stringMatching(/strategy direct .*/) as string },
    ]);
  });

  it('does not ask again every second for what it was refused', async () => {
    world = await startWorld({ settings: { strategy: 'direct' } });
    await devices(1);
    const tries = jest.spyOn(world.agent(1).mover, 'start');
    await begin();
    await world.clock.advance(35_000);
    // At once, and every 10 s.
    expect(tries.mock.calls.length).toBeGreaterThanOrEqual(3);
    expect(tries.mock.calls.length).toBeLessThanOrEqual(4);
  });

  it('does not count as moved what was removed meanwhile', async () => {
    world = await startWorld();
    const [moved, removed] = await devices(2);
    await publish(world, 'bound', 'counter', 'files', { spec: { volumes: ['/data'] } });
    await world.clock.advance(1000);
    const bound = await world.request(1, { serviceId: 'bound', deviceId: 'car-9', position: nearNode(1) });
    expect(moved!.instanceId).not.toBe(removed!.instanceId);
    await begin();
    await world.until('two have moved', () => view().moved === 2);
    await run(world.node(1).ledger.submit('InstanceContract:Remove', [{ instanceId: bound.instanceId, epoch: 1 }]));
    await untilDone();
    await world.clock.advance(5000);
    expect(view().moved).toBe(2);
  });

  it('moves on what another cluster had sent it before', async () => {
    world = await startWorld();
    const [car] = await devices(1);
    await world.request(2, { token: car!.token, position: nearNode(2) });
    await world.until('it is picked', () => world.agent(2).journal.unfinished().length > 0);
    await begin(2);
    expect(view(2).isDone).toBe(false);
    await untilDone(2);
    expect(await owners()).not.toContain(2);
    expect(await world.request(2, { token: car!.token })).toMatchObject({ status: 200, count: 3 });
  });

  it('is as before once the drain has ended', async () => {
    world = await startWorld();
    const [car] = await devices(1);
    await begin();
    await untilDone();
    const ended = DrainView.parse(await run(controlOf(1).drain.end()));
    expect(ended).toMatchObject({ draining: false, sinceMs: null, isDone: false, instances: [] });
    await world.until('the ledger shows it', () => !view().cordoned);
    expect(await world.request(1, { deviceId: 'car-9' })).toMatchObject({ servedBy: 'edge1' });
    // What was moved stays where it is, until its device enters a coverage.
    expect(await world.request(1, { token: car!.token, position: nearNode(1) })).toMatchObject({ servedBy: 'edge2' });
    await world.clock.advance(30_000);
    expect(await owners()).toEqual(expect.arrayContaining([1, 2]));
    world.crash(1);
    await world.restart(1);
    expect(view()).toMatchObject({ draining: false });
  });

  it('is uncordoned with the end of the drain only', async () => {
    world = await startWorld();
    await begin();
    await expect(run(controlOf(1).clusters.cordon(false))).rejects.toMatchObject({
      code: 'BLOSM_E_WRONG_STATE',
      hint: expect.stringContaining('agent undrain') as string,
    });
    expect(await begin()).toMatchObject({ draining: true, cordoned: true });
  });

  it('has begun nothing when the ledger cannot be reached', async () => {
    world = await startWorld();
    await devices(1);
    world.channel.ordererRunning = false;
    await expect(run(controlOf(1).drain.begin())).rejects.toMatchObject({ retryable: expect.anything() as boolean });
    world.channel.ordererRunning = true;
    await world.clock.advance(20_000);
    expect(view()).toMatchObject({ draining: false });
    expect(await world.migrations()).toEqual([]);
  });
});

import type { RequestFacts, RouteDecision } from '../../../agent/ports/traffic';
import { nearNode, startWorld, worldSettings, type World } from '../../support/agents';

const MEBI = 1_048_576;
const memory = (mebi: number): object => ({ capacity: { ...worldSettings(1).capacity, memoryBytes: mebi * MEBI } });
const NO_ROOM = memory(100);
/** Room for one instance (128 MiB), not for two. */
const SMALL = memory(200);

// Simulated time costs real time on a busy machine.
jest.setTimeout(60_000);

let world: World;
afterEach(() => world.end());

const facts = (changes: Partial<RequestFacts> = {}): RequestFacts => ({
  serviceId: 'counter',
  method: 'GET',
  deviceId: '',
  token: '',
  position: null,
  forwardedBy: null,
  migrated: false,
  ...changes,
});
const decide = (number: number, changes: Partial<RequestFacts> = {}): Promise<RouteDecision> =>
  world.clock.runUntil(world.agent(number).router.decide(facts(changes), new AbortController().signal));

/** Counts the questions for room that this cluster gets. */
function countQuestions(number: number): () => number {
  const handlers = world.agent(number).peerHandlers;
  const room = handlers.room.bind(handlers);
  let count = 0;
  handlers.room = (caller, request) => {
    count += 1;
    return room(caller, request);
  };
  world.network.attach(`Edge${number}MSP`, handlers);
  return () => count;
}

describe('a request that its cluster has no room for', () => {
  it('is told what is short where, and when to come again, when all are full', async () => {
    world = await startWorld({ settingsOf: { 1: NO_ROOM, 2: memory(50), 3: { applicationTypes: ['other'] } } });
    world.network.cut('Edge1MSP', 'Edge2MSP');
    const refused = await decide(1);
    expect(refused).toMatchObject({ kind: 'refuse', status: 503, code: 'BLOSM_E_NO_ROOM', retryAfterSeconds: 5 });
    expect(refused).toMatchObject({
      reason: expect.stringMatching(
        /^no cluster has room: edge1: needs 128 MiB of memory, 100 MiB remain; edge2: its agent does not say: .*; edge3: application type counter is not offered here$/,
      ) as string,
    });
    world.network.mend('Edge1MSP', 'Edge2MSP');
    await world.clock.advance(3000);
    expect(await decide(1)).toMatchObject({
      reason: expect.stringContaining('edge2: needs 128 MiB of memory, 50 MiB remain') as string,
    });
    expect(await world.instances()).toEqual([]);
  });

  it('names ten clusters at most', async () => {
    world = await startWorld({ nodes: 12, settings: NO_ROOM });
    const { reason } = (await decide(1)) as Extract<RouteDecision, { kind: 'refuse' }>;
    expect(reason.match(/edge\d+:/g)).toHaveLength(10);
    expect(reason).toMatch(/; and 2 more$/);
  });

  it('goes by what the others said a moment ago, less what was sent there since', async () => {
    world = await startWorld({ settings: SMALL });
    await world.request(1, { deviceId: 'car-0' });
    const asked = countQuestions(2);
    const decisions = [await decide(1), await decide(1), await decide(1)];
    expect(decisions).toMatchObject([
      { kind: 'forward', nodeId: 'Edge2MSP', reason: 'request-migration' },
      { kind: 'forward', nodeId: 'Edge3MSP', reason: 'request-migration' },
      { kind: 'refuse', code: 'BLOSM_E_NO_ROOM' },
    ]);
    expect(asked()).toBe(1);
    // Nothing has come of them: after a while the others are asked again.
    await world.clock.advance(3000);
    expect(await decide(1)).toMatchObject({ kind: 'forward', nodeId: 'Edge2MSP' });
    expect(asked()).toBe(2);
  });

  it('asks the nearest, and no more than a few at once', async () => {
    world = await startWorld({ nodes: 12, settingsOf: { 6: NO_ROOM } });
    const asked = Array.from({ length: 12 }, (_, index) => countQuestions(index + 1));
    expect(await decide(6, { position: nearNode(6, 10) })).toMatchObject({ nodeId: 'Edge7MSP' });
    expect(asked.map((count) => count())).toEqual([0, 0, 0, 1, 1, 0, 1, 1, 0, 0, 0, 0]);
  });

  it('is answered in time though many clusters are off', async () => {
    world = await startWorld({ nodes: 12, settingsOf: { 1: NO_ROOM } });
    for (let number = 2; number < 12; number += 1) world.network.cut('Edge1MSP', `Edge${number}MSP`, 'silent');
    const fromMs = world.clock.nowMs();
    expect(await decide(1)).toMatchObject({ kind: 'forward', nodeId: 'Edge12MSP' });
    expect(world.clock.nowMs() - fromMs).toBeLessThanOrEqual(3100);
    // What is silent is not waited for again.
    const againMs = world.clock.nowMs();
    world.network.cut('Edge1MSP', 'Edge12MSP', 'silent');
    await decide(1);
    expect(world.clock.nowMs() - againMs).toBeLessThanOrEqual(1000);
  });

  it('migrates once: refused by the second cluster it is not passed on, though a third has room', async () => {
    world = await startWorld({ settingsOf: { 1: NO_ROOM, 2: NO_ROOM } });
    const decision = await decide(2, { forwardedBy: 'Edge1MSP', migrated: true });
    expect(decision).toMatchObject({ kind: 'refuse', code: 'BLOSM_E_NO_ROOM' });
    expect(decision).toMatchObject({ reason: 'no cluster has room: edge2: needs 128 MiB of memory, 100 MiB remain' });
  });

  it('never leads to another instance once there is one, with state or without', async () => {
    world = await startWorld({ settings: SMALL });
    for (const serviceId of ['counter', 'detect']) {
      const { token, instanceId } = await world.request(1, { deviceId: `car-${serviceId}`, serviceId });
      // A further request needs nothing more, however full its cluster is, wherever it arrives.
      for (const number of [1, 2, 3]) {
        expect(await world.request(number, { token, serviceId })).toMatchObject({ status: 200, instanceId });
      }
    }
    expect(await world.instances()).toHaveLength(2);
  });

  it('is not sent to a cluster that is cordoned or suspended', async () => {
    world = await startWorld({ settingsOf: { 1: NO_ROOM } });
    await world.clock.runUntil(world.node(2).ledger.submit('NodeContract:Cordon', []));
    await world.until('it is known', () =>
      world
        .agent(1)
        .cache.nodesNow()
        .some(({ cordoned }) => cordoned),
    );
    expect(await decide(1)).toMatchObject({ kind: 'forward', nodeId: 'Edge3MSP' });
  });
});

describe('what a cluster has promised', () => {
  it('is nothing any more when everything has ended, whatever came between', async () => {
    world = await startWorld({ settings: SMALL });
    const devices = await Promise.all(
      [1, 2, 3].map((number) => world.clock.runUntil(world.send(number, { deviceId: `car-${number}` }))),
    );
    // Nobody has room for another: the migration is aborted.
    await world.request(2, { token: devices[0]!.token, position: nearNode(2) });
    await world.until('it has ended', async () => (await world.migrations())[0]?.state === 'ABORTED');
    const free = devices[1]!;
    await world.clock.runUntil(
      world.node(2).ledger.submit('InstanceContract:Remove', [{ instanceId: free.instanceId, epoch: 1 }]),
    );
    await world.until('it moves', async () => (await world.instance(devices[0]!.instanceId)).epoch === 2);
    await world.until('it is over', async () => {
      return (await world.instance(devices[0]!.instanceId)).openMigrationId === null;
    });
    for (const { instanceId, ownerNodeId, epoch } of await world.instances()) {
      const { ledger } = [...world.nodes.values()].find(({ nodeId }) => nodeId === ownerNodeId)!;
      await world.clock.runUntil(ledger.submit('InstanceContract:Remove', [{ instanceId, epoch }]));
    }
    await world.clock.advance(60_000);
    for (const number of [1, 2, 3]) {
      const { remaining, total } = await world.agent(number).system.observe();
      expect(remaining).toEqual(total);
    }
  });
});

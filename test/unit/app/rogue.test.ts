import type { InstanceRecord } from '../../../chaincode/src/model';
import type { PeerHandlers } from '../../../agent/ports/peers';
import { digest } from '../../support/ledger-samples';
import { nearNode, nodeIdOf, startWorld, worldSettings, type World } from '../../support/agents';
import type { Answer } from '../../support/world-devices';

// Simulated time costs real time on a busy machine.
jest.setTimeout(60_000);

const DEADLINE_MS = 120_000;

let world: World;
afterEach(() => world.end());

/** The third cluster stands where the device goes: nearer than the second by so many metres, or farther. */
const thirdAt = (eastMeters: number) => ({
  settingsOf: { 3: { profile: { ...worldSettings(3).profile, site: nearNode(2, eastMeters) } } },
});

async function begin(): Promise<Answer> {
  const first = await world.request(1, { deviceId: 'car-1', position: nearNode(1) });
  return world.request(1, { token: first.token, position: nearNode(1) });
}

/** The device stands where both cover it, nearer to the third if that is there. */
const ask = (token: string): Promise<Answer> => world.request(1, { token, position: nearNode(2, 60) });

async function expectServedBy(number: number, { token, instanceId }: Answer): Promise<void> {
  await world.clock.advance(10_000);
  const before = world.counts(instanceId).length;
  expect(await world.request(1, { token })).toMatchObject({ status: 200, servedBy: `edge${number}` });
  expect(world.counts(instanceId)).toEqual(Array.from({ length: before + 1 }, (_, index) => index + 1));
  expect(world.runningOn(instanceId)).toEqual([number]);
  expect(await world.instance(instanceId)).toMatchObject({ ownerNodeId: nodeIdOf(number), openMigrationId: null });
}

describe('a node that prepares without having been picked', () => {
  it.each([
    ['with a digest that it made up', () => digest('a')],
    ['with the digest of the image that the service began with', (instance: InstanceRecord) => instance.configDigest],
  ])('before the one that was, changes nothing for that: %s', async (_, digestOf) => {
    world = await startWorld(thirdAt(-150));
    const device = await begin();
    await ask(device.token);
    const rogue = world.node(3).ledger;
    await world.until('the rogue has offered', async () => {
      const [migration] = await world.migrations();
      if (migration === undefined) return false;
      const evaluations = await rogue.query('EvaluationContract:List', [migration.migrationId]);
      return evaluations.some(({ nodeId, verdict }) => nodeId === rogue.nodeId && verdict);
    });
    const { migrationId, specSha256 } = (await world.migrations())[0]!;
    const configDigest = digestOf(await world.instance(device.instanceId));
    const preparation = { migrationId, configDigest, specSha256, containerId: 'ab'.repeat(32) };
    await world.clock.runUntil(rogue.submit('MigrationContract:Prepare', [preparation]));
    await world.until('it is completed', async () => (await world.migrations())[0]?.state === 'COMPLETED', DEADLINE_MS);
    const prepares = await rogue.query('MigrationContract:Prepares', [migrationId]);
    const atMs = (nodeId: string): number => prepares.find((p) => p.nodeId === nodeId)?.preparedAtMs ?? 0;
    expect(atMs('Edge3MSP')).toBeLessThan(atMs('Edge2MSP'));
    expect((await world.migrations())[0]).toMatchObject({ destinationNodeId: 'Edge2MSP' });
    await expectServedBy(2, device);
  });
});

describe('a node that offers, is picked', () => {
  const never = <T>(): Promise<T> => new Promise<T>(() => undefined);
  const pulling = { stage: 'pulling' as const, detail: '', sinceMs: 0, phases: [] };

  it.each<[string, Partial<PeerHandlers>]>([
    ['and never answers again', { pick: () => Promise.resolve(), image: never, progress: never }],
    [
      'takes the image and never answers again',
      { pick: () => Promise.resolve(), image: () => Promise.resolve(), progress: never },
    ],
    [
      'and says for ever that it is pulling',
      {
        pick: () => Promise.resolve(),
        image: () => Promise.resolve(),
        progress: (_, migrationId) => Promise.resolve({ ...pulling, migrationId }),
      },
    ],
  ])('%s: the migration is aborted in time, and the next one goes to another node', async (_, handlers) => {
    world = await startWorld({ ...thirdAt(60), settings: { deadlineMs: DEADLINE_MS } });
    const device = await begin();
    world.network.attach('Edge3MSP', { ...world.agent(3).peerHandlers, ...handlers });
    await ask(device.token);
    await world.until(
      'it has ended',
      async () => (await world.migrations())[0]?.state === 'ABORTED',
      DEADLINE_MS + 10_000,
    );
    const [first] = await world.migrations();
    expect(first!.abort!.atMs).toBeLessThanOrEqual(first!.deadlineMs + 5000);
    await expectServedBy(1, device);

    await world.clock.advance(20_000);
    await ask(device.token);
    await world.until('it has moved', async () => (await world.instance(device.instanceId)).epoch === 2, DEADLINE_MS);
    await expectServedBy(2, device);
    const second = (await world.migrations()).find(({ migrationId }) => migrationId !== first!.migrationId)!;
    expect(second).toMatchObject({ state: 'COMPLETED', destinationNodeId: 'Edge2MSP' });
    expect(second.handedOverAtMs! - second.proposedAtMs).toBeLessThan(DEADLINE_MS);
  });

  it('and does not take the pick: the next candidate is asked in the same migration', async () => {
    world = await startWorld(thirdAt(60));
    const device = await begin();
    world.network.attach('Edge3MSP', { ...world.agent(3).peerHandlers, pick: never });
    await ask(device.token);
    await world.until('it has moved', async () => (await world.instance(device.instanceId)).epoch === 2, DEADLINE_MS);
    expect(await world.migrations()).toHaveLength(1);
    await expectServedBy(2, device);
  });
});

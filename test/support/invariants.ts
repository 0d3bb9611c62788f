import type { World } from './agents';
import { nodeIdOf } from './agents';
import type { Answer } from './world-devices';

/** How long after a fault everything may take to come to rest, in simulated milliseconds. */
const SETTLE_MS = 300_000;

const ENDED: readonly string[] = ['COMPLETED', 'ABORTED', 'SUPERSEDED'];

/**
 * What the design promises of an instance with state, whatever has happened to it (section 8), once everything that
 * failed is back: its migrations have come to a final state, the one cluster that the ledger names answers for it
 * wherever the device asks, with one copy, nothing else is left of it anywhere, and every write that was acknowledged
 * is in that copy exactly once.
 * @throws Error of the expectation that does not hold
 */
export async function expectInvariants(world: World, { token, instanceId }: Pick<Answer, 'token' | 'instanceId'>) {
  await world.until('its migrations have ended', () => isEnded(world, instanceId), SETTLE_MS);
  const isServed = async (): Promise<boolean> => (await world.request(1, { token })).status === 200;
  await world.until('it is served', isServed, SETTLE_MS);
  const { ownerNodeId } = await world.instance(instanceId);
  const servedBy = `edge${ownerNodeId.replace(/\D/g, '')}`;
  for (const at of [1, 2, 3]) expect(await world.request(at, { token })).toMatchObject({ status: 200, servedBy });
  expectNothingLost(world, instanceId);
  expect(world.runningOn(instanceId).map(nodeIdOf)).toEqual([ownerNodeId]);
  const isAlone = (): boolean => world.containersOn(instanceId).length === 1;
  await world.until('nothing else is left of it', isAlone, SETTLE_MS);
  for (const { state } of await world.migrations()) expect(ENDED).toContain(state);
}

/** True once no migration of the instance is open. */
export async function isEnded(world: World, instanceId: string): Promise<boolean> {
  return (await world.instance(instanceId)).openMigrationId === null;
}

/**
 * The counter service proves the writes: one that was lost, or that a second copy took, would be counted twice; one that
 * the device was told to have failed may have happened, and is known to the world.
 */
export function expectNothingLost(world: World, instanceId: string): void {
  const counts = world.counts(instanceId);
  expect(counts).toEqual([...new Set(counts)].sort((a, b) => a - b));
  expect(counts.at(-1)).toBe(counts.length + world.unheard);
}

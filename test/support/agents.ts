import type { AgentSettings } from '../../agent/app/context';
import { digestOf } from '../../agent/app/hashing';
import { positionOfDegrees } from '../../agent/domain/geo';
import type { Position, Resources, RunSpec, ServiceRegistration } from '../../chaincode/src/model';
import { FakeChannel } from '../fakes/channel';
import { FakeEngine } from '../fakes/engine';
import { FakePeerNetwork } from '../fakes/peers';
import { FakeRandom } from '../fakes/random';
import { FakeRegistry, imageOf, layerOf } from '../fakes/registry';
import { VirtualClock } from '../fakes/virtual-clock';
import { nodeProfile, nodeRegistration, serviceRegistration } from './ledger-samples';
import { RUN_SPEC } from './run-spec';
import { nodeIdOf, World } from './world';
import { WorldNode } from './world-node';

export { nodeIdOf, type World } from './world';

const MEBI = 1_048_576;

export interface WorldOptions {
  /** How many clusters stand in a row, 600 m apart, each with a radius of 400 m; 3 when left out. */
  readonly nodes?: number;
  readonly settings?: Partial<AgentSettings>;
  /** Settings of single nodes by number, from 1. */
  readonly settingsOf?: Readonly<Record<number, Partial<AgentSettings>>>;
  readonly batchTimeoutMs?: number;
  readonly warmUpMs?: number;
}

/** A position near the number-th cluster: so many metres east of it. */
export function nearNode(number: number, eastMeters = 0): Position {
  return positionOfDegrees(0, ((number - 1) * 600 + eastMeters) / 111_194.93);
}

/** What both services ask for. */
export const NEED: Resources = { memoryBytes: 128 * MEBI, cpuMillis: 500, gpuMillis: 0, diskBytes: 100 * MEBI };
const TOTAL: Resources = { memoryBytes: 1024 * MEBI, cpuMillis: 4000, gpuMillis: 0, diskBytes: 20_480 * MEBI };

export const worldSettings = (number: number, changes: Partial<AgentSettings> = {}): AgentSettings => ({
  profile: {
    ...nodeProfile(`edge${number}`),
    sourceIp: `10.88.1.${number}`,
    gatewayUrl: `http://10.88.1.${number}:8080`,
    site: nearNode(number),
  },
  applicationTypes: ['counter', 'image-recognition'],
  capacity: TOTAL,
  registryAddress: 'registry.test:5000',
  policy: 'strict',
  allow: { privileged: false, hostNamespaces: false, binds: false, capabilities: [], devices: [] },
  offerMs: 60_000,
  strategy: 'registry',
  hysteresis: { meters: 20, durationMs: 1000 },
  decisionMs: 20_000,
  confirmationSource: 'records',
  deadlineMs: 120_000,
  backoffMs: 10_000,
  positionMs: 30_000,
  roomMs: 3000,
  leaseMs: 30_000,
  holdMs: 5000,
  serviceHoldMs: new Map(),
  drainMs: 2000,
  warmMs: 5000,
  resyncMs: 5000,
  ...changes,
});

/** All clusters registered, both services (`counter` with state in files, `detect` without) on the ledger, agents up. */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const { nodes: size = 3, batchTimeoutMs = 0, warmUpMs = 100, settings = {}, settingsOf = {} } = options;
  const clock = new VirtualClock();
  const numbers = Array.from({ length: size }, (_, index) => index + 1);
  const channel = new FakeChannel({ nodeIds: numbers.map(nodeIdOf), clock });
  const registry = new FakeRegistry();
  const network = new FakePeerNetwork();
  const nodes = new Map<string, WorldNode>();
  const random = new FakeRandom();
  for (const number of numbers) {
    const nodeId = nodeIdOf(number);
    const own = worldSettings(number, { ...settings, ...settingsOf[number] });
    const admin = await channel.admin(nodeId);
    await admin.submit('NodeContract:Register', [await nodeRegistration(nodeId, own.profile)]);
    const engine = new FakeEngine({ clock, registry, name: `edge${number}`, warmUpMs });
    nodes.set(nodeId, new WorldNode(nodeId, own, await channel.agent(nodeId), engine, { clock, network }, random));
  }
  const world = new World(clock, channel, registry, network, nodes);
  await publish(world, 'counter', 'counter', 'files');
  await publish(world, 'detect', 'image-recognition', 'none');
  channel.batchTimeoutMs = batchTimeoutMs;
  await clock.runUntil(Promise.all([...nodes.values()].map((node) => node.start())));
  await world.until('all agents have caught up', () => numbers.every((number) => world.agent(number).isFresh));
  return world;
}

export interface PublishChanges {
  readonly spec?: Partial<RunSpec>;
  readonly need?: Resources;
  readonly registration?: Partial<ServiceRegistration>;
}

/** Registers a service by the first cluster. */
export async function publish(
  world: World,
  serviceId: string,
  applicationType: string,
  state: 'none' | 'files',
  changes: PublishChanges = {},
): Promise<void> {
  const first = world.node(1);
  const image = imageOf([layerOf({ '/app': serviceId }, 50 * MEBI)]);
  const repository = `blosm/${serviceId}`;
  const { manifestDigest } = world.registry.put(repository, image);
  const spec: RunSpec = { ...RUN_SPEC, ...changes.spec };
  await first.specs.save({ ...(await first.specs.load()), [digestOf(spec)]: spec });
  if (first.isUp) await first.agent.specs.keep(spec);
  await first.ledger.submit('ServiceContract:Register', [
    serviceRegistration({
      serviceId,
      applicationType,
      state,
      image: { repository, manifestDigest, configDigest: image.configDigest, sizeBytes: 50 * MEBI },
      specSha256: digestOf(spec),
      need: changes.need ?? NEED,
      ...changes.registration,
    }),
  ]);
}

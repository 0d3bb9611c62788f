import { createRandom, systemClock } from '../../agent/adapters/clock';
import { connectDocker } from '../../agent/adapters/docker';
import { createProbe } from '../../agent/adapters/http/probe';
import { createLayerSizes } from '../../agent/adapters/registry';
import { Agent } from '../../agent/app/agent';
import { AgentControl } from '../../agent/app/control/control-service';
import { digestOf } from '../../agent/app/hashing';
import type { Engine } from '../../agent/ports/engine';
import type { RouteDecision } from '../../agent/ports/traffic';
import { eventually, RUN_SPEC } from '../contract/engine.contract';
import { FakeChannel } from '../fakes/channel';
import { FakeJournal, FakeStore } from '../fakes/journal';
import { FakeLog } from '../fakes/log';
import { FakePeerNetwork } from '../fakes/peers';
import { worldSettings } from '../support/agents';
import { createDockerBench, type DockerBench, type TestEngine } from '../support/docker';
import { importImage } from '../support/image-fixture';
import { nodeRegistration, serviceRegistration } from '../support/ledger-samples';
import { NO_HOST } from '../support/no-host';

/*
 * Tenancy `shared` on a real Docker Engine: two devices, one container, an agent that is started anew between them. The
 * ledger is the one in memory.
 */

jest.setTimeout(180_000);

const ME = 'Edge1MSP';
const SERVICE = 'pages';
const NEED = { memoryBytes: 32 << 20, cpuMillis: 100, gpuMillis: 0, diskBytes: 1 << 20 };

let bench: DockerBench;
let docker: TestEngine;
let channel: FakeChannel;
let agent: Agent;
const journal = new FakeJournal();
const stores = {
  ...{ checkpoints: new FakeStore<never>(), specs: new FakeStore<never>(), tokens: new FakeStore<never>() },
  ...{ activity: new FakeStore<never>(), drains: new FakeStore<never>(), memory: new FakeStore<never>() },
};

function connect(registry: string): Engine {
  const { socketPath, network } = docker;
  const address = { address: registry };
  const layerSizes = createLayerSizes(address);
  return connectDocker({ socketPath, network, registry: address, host: NO_HOST, layerSizes, transferIdleMs: 4000 });
}

/** No registry is up: the engine holds the image already. */
const REGISTRY = '127.0.0.1:9';
const IMAGE = `${REGISTRY}/blosm/pages:1`;

async function startAgent(resyncMs = 500): Promise<Agent> {
  const started = new Agent(
    {
      settings: worldSettings(1, { registryAddress: REGISTRY, holdMs: 60_000, warmMs: 60_000, resyncMs }),
      ledger: await channel.agent(ME),
      engine: connect(REGISTRY),
      probe: createProbe(),
      peers: new FakePeerNetwork().peersOf(ME),
      journal,
      clock: systemClock,
      random: createRandom(systemClock),
      log: new FakeLog(),
    },
    stores,
  );
  await started.start();
  await eventually(() => Promise.resolve(started.isFresh));
  return started;
}

beforeAll(async () => {
  bench = createDockerBench();
  docker = await bench.engine('s');
  await importImage(docker.docker, IMAGE);
  const { configDigest } = (await connect(REGISTRY).inspectImage(IMAGE))!;
  channel = new FakeChannel({ nodeIds: [ME], clock: systemClock });
  await (await channel.admin(ME)).submit('NodeContract:Register', [await nodeRegistration(ME)]);
  agent = await startAgent();
  await agent.specs.keep(RUN_SPEC);
  const registration = serviceRegistration({ serviceId: SERVICE, state: 'none', tenancy: 'shared', need: NEED });
  const image = { ...registration.image, configDigest };
  const ledger = await channel.agent(ME);
  await ledger.submit('ServiceContract:Register', [{ ...registration, image, specSha256: digestOf(RUN_SPEC) }]);
});

afterAll(async () => {
  await agent.stop();
  await bench.close();
});

type Served = Extract<RouteDecision, { kind: 'serve' }>;

async function ask(facts: { deviceId?: string; token?: string }): Promise<Served> {
  const request = { serviceId: SERVICE, method: 'GET', deviceId: '', token: '', position: null, ...facts };
  const decision = await agent.router.decide(
    { ...request, forwardedBy: null, migrated: false },
    new AbortController().signal,
  );
  if (decision.kind !== 'serve') throw new Error(JSON.stringify(decision));
  const answer = await fetch(`http://${decision.host}:${decision.port}/index.html`);
  expect(await answer.text()).toBe('ok\n');
  decision.release();
  return decision;
}

const remove = (instanceId: string): Promise<unknown> =>
  new AgentControl(agent, { version: '0', channel: 'blosm', startedAtMs: 0 }).instances.remove(instanceId);

const containers = async (): Promise<{ Id: string; Names: string[]; Labels: Record<string, string> }[]> =>
  docker.docker.listContainers({ all: true });

it('two devices share one container, which outlives the first of them and a restart, and goes with the last', async () => {
  const cars = await Promise.all(['car-1', 'car-2'].map((deviceId) => ask({ deviceId })));
  const [first, second] = cars.map(({ answer }) => ({ ...answer, token: answer.newToken ?? '' }));
  const [container, ...others] = await containers();
  expect(others).toEqual([]);
  expect(container).toMatchObject({
    Names: ['/blosm-shared-Edge1MSP-pages'],
    Labels: { 'io.blosm.tenancy': 'shared', 'io.blosm.instance': '', 'io.blosm.service': SERVICE },
  });
  expect(new Set(cars.map(({ host }) => host)).size).toBe(1);
  expect(first!.instanceId).not.toBe(second!.instanceId);

  await agent.stop();
  agent = await startAgent();
  await remove(first!.instanceId);
  await eventually(() => Promise.resolve(agent.lanes.get(first!.instanceId) === undefined));
  await ask({ token: second!.token });
  expect((await containers()).map(({ Id }) => Id)).toEqual([container!.Id]);

  await remove(second!.instanceId);
  await eventually(async () => (await containers()).length === 0);
  const { remaining, total } = await agent.system.observe();
  expect(remaining).toEqual(total);
});

it('a container that is killed is started again by the news of it alone: without a request or a look by time', async () => {
  await agent.stop();
  agent = await startAgent(3_600_000);
  const { answer } = await ask({ deviceId: 'car-3' });
  const [found] = await containers();
  const container = docker.docker.getContainer(found!.Id);
  const { StartedAt: before } = (await container.inspect()).State;
  await container.kill();
  await eventually(async () => {
    const { Running, StartedAt } = (await container.inspect()).State;
    return Running && StartedAt !== before;
  });
  await remove(answer.instanceId);
  await eventually(async () => (await containers()).length === 0);
});

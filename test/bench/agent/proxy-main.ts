import { systemClock } from '../../../agent/adapters/clock';
import { startGateway } from '../../../agent/adapters/gateway';
import { createLog } from '../../../agent/adapters/log';
import { openPeerLinks } from '../../../agent/adapters/tls';
import { Agent } from '../../../agent/app/agent';
import { digestOf } from '../../../agent/app/hashing';
import { NodeDirectory } from '../../../agent/app/node-directory';
import type { Engine } from '../../../agent/ports/engine';
import type { RunSpec } from '../../../chaincode/src/model';
import { FakeChannel } from '../../fakes/channel';
import { FakeEngine } from '../../fakes/engine';
import { FakeJournal, FakeStore } from '../../fakes/journal';
import { FakePeerNetwork } from '../../fakes/peers';
import { FakeRandom } from '../../fakes/random';
import { FakeRegistry, imageOf, layerOf } from '../../fakes/registry';
import { NEED, worldSettings } from '../../support/agents';
import { makeCertificate } from '../../support/certificates';
import { nodeRegistration, serviceRegistration } from '../../support/ledger-samples';
import { RUN_SPEC } from '../../support/run-spec';

/**
 * One agent with its real gateway and router over a ledger and an engine in memory, whose one container is the program
 * at the port given: what a request costs in the agent, without Fabric and Docker beside it. Prints its port.
 */
async function main(backendPort: number): Promise<void> {
  const nodeId = 'Edge1MSP';
  const settings = worldSettings(1);
  const channel = new FakeChannel({ nodeIds: [nodeId], clock: systemClock });
  const certificate = await makeCertificate('edge1');
  await (
    await channel.admin(nodeId)
  ).submit('NodeContract:Register', [await nodeRegistration(nodeId, settings.profile)]);
  const registry = new FakeRegistry();
  const engine = new FakeEngine({ clock: systemClock, registry, name: 'edge1', warmUpMs: 0 });
  const specs = new FakeStore<Record<string, RunSpec>>({ [digestOf(RUN_SPEC)]: RUN_SPEC });
  const ledger = await channel.agent(nodeId);
  const log = createLog({ level: 'warn' });
  const agent = new Agent(
    {
      ...{ settings, ledger, clock: systemClock, random: new FakeRandom(), log },
      engine: reaching(engine, backendPort),
      probe: { isHealthy: () => Promise.resolve(true) },
      peers: new FakePeerNetwork().peersOf(nodeId),
      journal: new FakeJournal(),
    },
    {
      checkpoints: new FakeStore(),
      specs,
      tokens: new FakeStore(),
      activity: new FakeStore(),
      drains: new FakeStore(),
      memory: new FakeStore(),
    },
  );
  const image = imageOf([layerOf({ '/app': 'counter' }, 1_000_000)]);
  const { manifestDigest } = registry.put('blosm/counter', image);
  await ledger.submit('ServiceContract:Register', [
    serviceRegistration({
      ...{ serviceId: 'counter', applicationType: 'counter', state: 'files', need: NEED },
      image: { repository: 'blosm/counter', manifestDigest, configDigest: image.configDigest, sizeBytes: 1_000_000 },
      specSha256: digestOf(RUN_SPEC),
    }),
  ]);
  await agent.start();
  const forwarder = openPeerLinks({ identity: certificate, directory: new NodeDirectory(agent.cache) });
  const gateway = await startGateway({ listen: '127.0.0.1:0', router: agent.router, forwarder, log });
  process.stdout.write(`${JSON.stringify({ port: gateway.address.port })}\n`);
}

/** The engine says that its containers answer at the program that stands for them. */
function reaching(engine: FakeEngine, port: number): Engine {
  return new Proxy<Engine>(engine, {
    get: (target, name) => {
      if (name !== 'listContainers') return Reflect.get(target, name) as unknown;
      return async (nodeId: string) =>
        (await target.listContainers(nodeId)).map((container) => ({ ...container, host: '127.0.0.1', port }));
    },
  });
}

process.once('SIGTERM', () => process.exit(0));

main(Number(process.argv[2])).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? '') : String(error)}\n`);
  process.exitCode = 1;
});

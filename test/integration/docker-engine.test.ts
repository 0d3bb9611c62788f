import { connectDocker } from '../../agent/adapters/docker';
import { createLayerSizes } from '../../agent/adapters/registry';
import type { Engine } from '../../agent/ports/engine';
import { describeEngine, eventually, type EngineBench } from '../contract/engine.contract';
import { createDockerBench, type DockerBench, type TestEngine } from '../support/docker';
import { importImage } from '../support/image-fixture';
import { NO_HOST } from '../support/no-host';

jest.setTimeout(180_000);

function connect(engine: TestEngine, registry: string): Engine {
  const { socketPath, network } = engine;
  const address = { address: registry };
  return connectDocker({
    socketPath,
    network,
    registry: address,
    host: NO_HOST,
    layerSizes: createLayerSizes(address),
    transferIdleMs: 4000,
  });
}

async function httpGet(engine: Engine, containerId: string, path: string): Promise<string> {
  const nodes = await Promise.all(['Edge1MSP', 'Edge2MSP'].map((node) => engine.listContainers(node)));
  const container = nodes.flat().find((one) => one.containerId === containerId);
  if (container === undefined || container.host === '') throw new Error('it has no address');
  const answer = await fetch(`http://${container.host}:${container.port}${path}`, {
    signal: AbortSignal.timeout(2000),
  });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return answer.text();
}

async function openBench(bench: DockerBench): Promise<EngineBench> {
  const [one, two, registry] = [await bench.engine('a'), await bench.engine('b'), await bench.registry('r')];
  const engine = connect(one, registry.address);
  return {
    engine,
    other: connect(two, registry.address),
    registry: registry.address,
    platform: {
      os: 'linux',
      architecture: process.arch === 'x64' ? 'amd64' : 'arm64',
      variant: process.arch === 'x64' ? '' : 'v8',
    },
    image: (reference) => importImage(one.docker, reference),
    write: async (containerId, path, content) => {
      const exec = await one.docker
        .getContainer(containerId)
        .exec({ Cmd: ['sh', '-c', `printf %s "$CONTENT" > ${path}`], Env: [`CONTENT=${content}`] });
      await exec.start({ Detach: true });
      await eventually(async () => !(await exec.inspect()).Running);
    },
    read: httpGet,
    isHealthy: (which, containerId) =>
      httpGet(which, containerId, '/index.html').then(
        () => true,
        () => false,
      ),
    close: () => bench.close(),
  };
}

describeEngine('Docker Engine', () => openBench(createDockerBench()));

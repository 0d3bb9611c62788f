import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { connectDocker } from '../../agent/adapters/docker';
import type { Engine, EngineNews, TransferProgress } from '../../agent/ports/engine';
import { eventually, fails, orderOf, RUN_SPEC } from '../contract/engine.contract';
import { createDockerBench, type DockerBench, type TestEngine, type TestRegistry } from '../support/docker';
import { importImage } from '../support/image-fixture';
import { NO_HOST } from '../support/no-host';
import { startRegistryProxy, type RegistryProxy } from '../support/registry-proxy';

jest.setTimeout(120_000);

const NODE = 'Edge1MSP';
const ignore = (): void => undefined;
async function hear(engine: Engine, signal: AbortSignal, news: EngineNews[]): Promise<void> {
  for await (const one of engine.watch(NODE, signal)) news.push(one);
}

/** Large enough for the compression to take a while. */
const BULK = { 'bulk/a': randomBytes(32 << 20) };

describe('faults on a real Docker Engine', () => {
  let bench: DockerBench;
  let host: TestEngine;
  let registry: TestRegistry;
  let proxy: RegistryProxy;
  let engine: Engine;
  let base: string;

  const open = (socketPath: string): Engine =>
    connectDocker({
      socketPath,
      network: host.network,
      registry: { address: registry.address },
      host: NO_HOST,
      transferIdleMs: 4000,
    });

  beforeAll(async () => {
    bench = createDockerBench();
    host = await bench.engine('a');
    registry = await bench.registry('r');
    proxy = await startRegistryProxy(registry.address);
    engine = open(host.socketPath);
    base = `${registry.address}/blosm/base:1`;
    await importImage(host.docker, base);
  });
  beforeEach(() => {
    proxy.mood = 'honest';
  });
  afterEach(async () => {
    for (const left of await engine.listContainers(NODE)) await engine.removeContainer(left.containerId);
  });
  afterAll(async () => {
    await proxy.close();
    await bench.close();
  });

  const runShell = async (name: string, script: string): Promise<string> => {
    const order = orderOf(name, base, { spec: { ...RUN_SPEC, command: ['sh', '-c', script] } });
    const id = await engine.createContainer(order);
    await engine.startContainer(id);
    return id;
  };
  const only = async () => {
    const [container, ...others] = await engine.listContainers(NODE);
    expect(others).toEqual([]);
    return container!;
  };

  describe('containers', () => {
    it('shows the exit code of one that ends at once', async () => {
      await runShell('ends', 'exit 3');
      await eventually(async () => (await only()).state === 'exited');
      expect(await only()).toMatchObject({ exitCode: 3, host: '' });
    });

    it('kills one that ignores the stop signal, after the grace', async () => {
      const id = await runShell('stubborn', 'trap "" TERM; echo up > /www/up; while :; do sleep 1; done');
      await eventually(async () => (await engine.usage(id)).writableBytes > 0);
      const begunAtMs = Date.now();
      await engine.stopContainer(id, 2);
      expect(Date.now() - begunAtMs).toBeGreaterThanOrEqual(2000);
      expect(await only()).toMatchObject({ state: 'exited', exitCode: 137 });
    });

    it('ends one that knows no stop signal without waiting for the grace', async () => {
      const id = await runShell('unaware', 'while :; do sleep 1; done');
      // As process 1 it would live until it is killed, with exit code 137.
      await engine.stopContainer(id, 30);
      expect(await only()).toMatchObject({ state: 'exited', exitCode: 143 });
    });

    it('takes the restart policy away before it stops one', async () => {
      const id = await runShell('revived', 'while :; do sleep 1; done');
      await host.docker.getContainer(id).update({ RestartPolicy: { Name: 'always' } });
      await engine.stopContainer(id, 1);
      const { HostConfig } = await host.docker.getContainer(id).inspect();
      expect(HostConfig.RestartPolicy?.Name).toBe('no');
    });

    it('holds what was promised as limits, and starts nothing by itself', async () => {
      const id = await engine.createContainer(orderOf('limits', base));
      const { HostConfig } = await host.docker.getContainer(id).inspect();
      expect(HostConfig.Memory).toBe(64 << 20);
      expect(HostConfig.RestartPolicy?.Name).toBe('no');
      expect(HostConfig.LogConfig?.Type).toBe('local');
    });

    it('tells whoever listens of one that ends by itself, and not of what is run inside it', async () => {
      const stop = new AbortController();
      const news: EngineNews[] = [];
      const end = hear(engine, stop.signal, news);
      await eventually(() => Promise.resolve(news.length > 0));
      const id = await runShell('dies', 'until [ -e /www/enough ]; do sleep 0.05; done; exit 3');
      const exec = await host.docker.getContainer(id).exec({ Cmd: ['sh', '-c', ': > /www/enough'] });
      await exec.start({ Detach: true });
      const ofIt = () => news.filter((one) => one.kind === 'container' && one.containerId === id);
      await eventually(() => Promise.resolve(ofIt().length === 3));
      // Created, started, ended: what it was told last is what is to be seen.
      expect(await only()).toMatchObject({ state: 'exited', exitCode: 3 });
      stop.abort();
      await end;
      expect(ofIt()).toHaveLength(3);
    });

    it('shows the exit code of a command that does not exist', async () => {
      const order = orderOf('no-such', base, { spec: { ...RUN_SPEC, command: ['/bin/no-such'] } });
      await engine.startContainer(await engine.createContainer(order));
      await eventually(async () => (await only()).exitCode === 127);
    });

    it('publishes neither environment nor labels nor command of the container in a commit', async () => {
      const id = await runShell('secret', 'echo 1 > /www/state; exit 0');
      await eventually(async () => (await only()).state === 'exited');
      const image = await engine.commitContainer(id, `${registry.address}/blosm/secret:1`);
      const { Config: config } = await host.docker.getImage(image.configDigest).inspect();
      const { Config: original } = await host.docker.getImage(base).inspect();
      expect(config.Env).toEqual(['PATH=/bin', 'GREETING=hello']);
      expect(config.Labels).toEqual({ maker: 'nobody' });
      expect(config.Cmd).toEqual(original.Cmd);
      const images = await host.docker.listImages({ filters: { dangling: ['true'] } });
      expect(images).toEqual([]);
    });
  });

  describe('transfers', () => {
    let bulk: string;

    beforeAll(async () => {
      bulk = `${registry.address}/blosm/bulk:1`;
      await importImage(host.docker, bulk, BULK);
    });
    afterEach(async () => registry.start());

    it('fails when the registry dies in the middle of a push', async () => {
      const seen: TransferProgress[] = [];
      let killed: Promise<void> | undefined;
      const push = engine.pushImage(bulk, (step) => {
        seen.push(step);
        if (step.bytesDone > 0) killed ??= registry.kill();
      });
      await fails(push, 'BLOSM_E_REGISTRY');
      expect(killed).toBeDefined();
      expect(seen.at(-1)!.layersDone).toBe(0);
    });

    it('stops a push when the caller cancels it', async () => {
      const cancel = new AbortController();
      const push = engine.pushImage(bulk, (step) => step.bytesDone > 0 && cancel.abort(), { signal: cancel.signal });
      await fails(push, 'BLOSM_E_CANCELLED');
    });

    it('fails at the total deadline, however much still moves', async () => {
      await fails(engine.pushImage(bulk, ignore, { timeoutMs: 300 }), 'BLOSM_E_TIMEOUT');
    });

    it.each([
      ['broken', 'BLOSM_E_REGISTRY'],
      ['denying', 'BLOSM_E_REGISTRY'],
      ['silent', 'BLOSM_E_TIMEOUT'],
    ] as const)('fails to push to a registry that is %s', async (mood, code) => {
      const reference = `${proxy.address}/blosm/${mood}:1`;
      await engine.tagImage(base, reference);
      proxy.mood = mood;
      await fails(engine.pushImage(reference, ignore, { timeoutMs: 10_000 }), code);
    });

    it.each([
      ['broken', 'BLOSM_E_REGISTRY'],
      ['denying', 'BLOSM_E_REGISTRY'],
      ['cutting-blobs', 'BLOSM_E_REGISTRY'],
      ['altering-blobs', 'BLOSM_E_IMAGE_MISMATCH'],
    ] as const)('fails to pull from a registry that is %s, and holds nothing of it', async (mood, code) => {
      const reference = `${proxy.address}/blosm/pull-${mood}:1`;
      await importImage(host.docker, reference, { 'www/mood': mood, 'bulk/b': randomBytes(1 << 20) });
      const { manifestDigest } = await engine.pushImage(reference, ignore);
      await engine.removeImage(reference);
      const byDigest = `${proxy.address}/blosm/pull-${mood}@${manifestDigest}`;
      await engine.removeImage(byDigest);
      proxy.mood = mood;
      await fails(engine.pullImage(byDigest, ignore), code);
      expect(await engine.inspectImage(byDigest)).toBeNull();
      proxy.mood = 'honest';
      await engine.pullImage(byDigest, ignore);
    });
  });

  it('breaks off what it tells when it goes', async () => {
    const other = await bench.engine('goes');
    const news: EngineNews[] = [];
    const end = hear(open(other.socketPath), new AbortController().signal, news);
    const broken = fails(end, 'BLOSM_E_ENGINE_UNREACHABLE');
    await Promise.race([broken, eventually(() => Promise.resolve(news.length > 0))]);
    await other.stop();
    await broken;
    expect(news).toEqual([{ kind: 'watching' }]);
  });

  it('cannot be reached where no engine listens', async () => {
    const nobody = open(`${bench.folder}/nobody.sock`);
    await fails(nobody.observe(), 'BLOSM_E_ENGINE_UNREACHABLE');
    writeFileSync(`${bench.folder}/file`, '');
    await fails(open(`${bench.folder}/file`).observe(), 'BLOSM_E_ENGINE_UNREACHABLE');
  });
});

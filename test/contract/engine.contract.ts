import type { Platform, Resources, RunSpec } from '../../chaincode/src/model';
import type { CallOptions } from '../../agent/ports/call';
import type { ContainerOrder, Engine, EngineNews, TransferProgress } from '../../agent/ports/engine';

/** What the suite needs from the outside: two engines that share a registry, and a way into a container. */
export interface EngineBench {
  readonly engine: Engine;
  readonly other: Engine;
  /** host:port of the registry that both reach. */
  readonly registry: string;
  readonly platform: Platform;
  /** Puts an image into the first engine: it answers `GET /index.html` on 8080, runs for ever, ends on SIGTERM. */
  image(reference: string): Promise<void>;
  /** Writes a file into a running container. */
  write(containerId: string, path: string, content: string): Promise<void>;
  /** What the container answers to `GET path`. */
  read(engine: Engine, containerId: string, path: string): Promise<string>;
  isHealthy(engine: Engine, containerId: string): Promise<boolean>;
  close(): Promise<void>;
}

const NODE = 'Edge1MSP';
const PROMISED: Resources = { memoryBytes: 64 << 20, cpuMillis: 500, gpuMillis: 0, diskBytes: 1 << 20 };
const NO_DIGEST = `sha256:${'0'.repeat(64)}`;
const ignore = (): void => undefined;

export const RUN_SPEC: RunSpec = {
  v: 1,
  port: 8080,
  healthPath: '/index.html',
  command: [],
  env: [{ name: 'PASSWORD', value: 'run-time only', secret: true }],
  user: '',
  volumes: [],
  privileged: false,
  hostNamespaces: [],
  binds: [],
  capabilities: [],
  devices: [],
  gpu: false,
  stopGraceSeconds: 5,
};

export function orderOf(name: string, image: string, changes: Partial<ContainerOrder> = {}): ContainerOrder {
  const owner = { nodeId: NODE, serviceId: 'counter', instanceId: name, migrationId: '' };
  return { ...owner, name, image, spec: RUN_SPEC, promised: PROMISED, gpuRuntime: '', ...changes };
}

/** What every Engine has to do, whatever is behind it. */
export function describeEngine(name: string, open: () => Promise<EngineBench>): void {
  describe(`engine contract: ${name}`, () => {
    let bench: EngineBench;
    let engine: Engine;
    let base: string;

    beforeAll(async () => {
      bench = await open();
      engine = bench.engine;
      base = `${bench.registry}/blosm/base:1`;
      await bench.image(base);
    });
    afterAll(() => bench.close());
    afterEach(async () => {
      for (const one of [bench.engine, bench.other]) {
        const left = await Promise.all([one.listContainers(NODE), one.listContainers('Edge2MSP')]);
        for (const container of left.flat()) await one.removeContainer(container.containerId);
      }
    });

    const started = async (instance: string): Promise<string> => {
      const id = await engine.createContainer(orderOf(instance, base));
      await engine.startContainer(id);
      await eventually(() => bench.isHealthy(engine, id));
      return id;
    };
    const only = async (which: Engine, nodeId = NODE) => {
      const found = await which.listContainers(nodeId);
      expect(found).toHaveLength(1);
      return found[0]!;
    };

    it('tells what its host has', async () => {
      const seen = await engine.observe();
      expect(seen.platform).toEqual(bench.platform);
      expect(seen.total.memoryBytes).toBeGreaterThan(0);
      expect(seen.total.cpuMillis % 1000).toBe(0);
      expect(seen.total.cpuMillis).toBeGreaterThanOrEqual(1000);
      expect(seen.total.diskBytes).toBeGreaterThan(0);
      for (const key of ['memoryBytes', 'cpuMillis', 'diskBytes'] as const) {
        expect(seen.free[key]).toBeGreaterThanOrEqual(0);
        expect(seen.free[key]).toBeLessThanOrEqual(seen.total[key]);
      }
    });

    it('knows the images that it holds', async () => {
      const image = await engine.inspectImage(base);
      expect(image).toMatchObject({ platform: bench.platform });
      expect(image!.configDigest).toMatch(/^sha256:[0-9a-f]{64}$/);
      expect(image!.diffIds).toHaveLength(1);
      expect(image!.sizeBytes).toBeGreaterThan(0);
      expect(await engine.listImages()).toContainEqual(image);
      expect(await engine.inspectImage(image!.configDigest)).toEqual(image);
      expect(await engine.inspectImage(`${bench.registry}/blosm/missing:1`)).toBeNull();
    });

    it('tags and removes images, repeatedly', async () => {
      const copy = `${bench.registry}/blosm/copy:1`;
      await engine.tagImage(base, copy);
      await engine.tagImage(base, copy);
      expect(await engine.inspectImage(copy)).toEqual(await engine.inspectImage(base));
      await engine.removeImage(copy);
      await engine.removeImage(copy);
      expect(await engine.inspectImage(copy)).toBeNull();
      expect(await engine.inspectImage(base)).not.toBeNull();
      await fails(engine.tagImage(copy, base), 'BLOSM_E_NOT_FOUND');
    });

    it('removes an image with all its names, unless a container uses it', async () => {
      const id = await started('remove-image');
      await bench.write(id, '/www/state', 'only here');
      await engine.stopContainer(id, 5);
      const [one, two] = [`${bench.registry}/blosm/one:1`, `${bench.registry}/blosm/two:1`];
      const { configDigest } = await engine.commitContainer(id, one);
      await engine.tagImage(one, two);
      const user = await engine.createContainer(orderOf('remove-user', configDigest));
      await fails(engine.removeImage(configDigest), 'BLOSM_E_ENGINE');
      expect(await engine.inspectImage(configDigest)).not.toBeNull();
      await engine.removeContainer(user);
      await engine.removeImage(configDigest);
      await engine.removeImage(configDigest);
      for (const name of [one, two, configDigest]) expect(await engine.inspectImage(name)).toBeNull();
    });

    it('creates a container that carries its owner, and gives the same one again', async () => {
      const order = orderOf('create-1', base, { migrationId: 'mig-1' });
      const id = await engine.createContainer(order);
      expect(await engine.createContainer(order)).toBe(id);
      expect(await only(engine)).toMatchObject({
        containerId: id,
        nodeId: NODE,
        serviceId: 'counter',
        instanceId: 'create-1',
        migrationId: 'mig-1',
        state: 'created',
        host: '',
        port: 8080,
        promised: PROMISED,
        configDigest: (await engine.inspectImage(base))!.configDigest,
      });
      expect(await engine.listContainers('Edge2MSP')).toEqual([]);
    });

    it('creates a container that belongs to no instance, which all of its service find by its name', async () => {
      const order = orderOf('shared-1', base, { instanceId: '' });
      const id = await engine.createContainer(order);
      expect(await engine.createContainer(order)).toBe(id);
      expect(await only(engine)).toMatchObject({ containerId: id, serviceId: 'counter', instanceId: '' });
      await fails(
        engine.createContainer(orderOf('shared-1', base, { serviceId: 'other', instanceId: '' })),
        'BLOSM_E_CONFLICT',
      );
      await fails(engine.createContainer(orderOf('shared-1', base)), 'BLOSM_E_CONFLICT');
    });

    it('refuses a name that another owner has', async () => {
      await engine.createContainer(orderOf('taken', base));
      await fails(engine.createContainer(orderOf('taken', base, { nodeId: 'Edge2MSP' })), 'BLOSM_E_CONFLICT');
      await fails(engine.createContainer(orderOf('taken', base, { migrationId: 'mig-2' })), 'BLOSM_E_CONFLICT');
    });

    it('creates by config digest, and not from an image that it does not hold', async () => {
      const { configDigest } = (await engine.inspectImage(base))!;
      await engine.createContainer(orderOf('by-digest', configDigest));
      expect((await only(engine)).configDigest).toBe(configDigest);
      await fails(engine.createContainer(orderOf('none', NO_DIGEST)), 'BLOSM_E_NOT_FOUND');
    });

    it('starts, stops and removes, each repeatedly', async () => {
      const id = await started('life-1');
      await engine.startContainer(id);
      const running = await only(engine);
      expect(running.state).toBe('running');
      expect(running.host).not.toBe('');
      await engine.stopContainer(id, 5);
      await engine.stopContainer(id, 5);
      expect(await only(engine)).toMatchObject({ state: 'exited', host: '' });
      expect(await bench.isHealthy(engine, id)).toBe(false);
      await engine.removeContainer(id);
      await engine.removeContainer(id);
      expect(await engine.listContainers(NODE)).toEqual([]);
    });

    it('starts a stopped container again with its files', async () => {
      const id = await started('again-1');
      await bench.write(id, '/www/kept', 'kept');
      await engine.stopContainer(id, 5);
      await engine.startContainer(id);
      await eventually(() => bench.isHealthy(engine, id));
      expect(await bench.read(engine, id, '/kept')).toBe('kept');
    });

    it('says of a container that does not exist that it is not found', async () => {
      await fails(engine.startContainer('0123456789ab'), 'BLOSM_E_NOT_FOUND');
      await fails(engine.stopContainer('0123456789ab', 1), 'BLOSM_E_NOT_FOUND');
      await fails(engine.commitContainer('0123456789ab', base), 'BLOSM_E_NOT_FOUND');
      await fails(engine.usage('0123456789ab'), 'BLOSM_E_NOT_FOUND');
      await engine.removeContainer('0123456789ab');
    });

    it('tells what a running container uses', async () => {
      const id = await started('usage-1');
      await bench.write(id, '/www/bytes', 'x'.repeat(100_000));
      const usage = await engine.usage(id);
      expect(usage.memoryBytes).toBeGreaterThan(0);
      expect(usage.cpuMillis).toBeGreaterThanOrEqual(0);
      expect(usage.writableBytes).toBeGreaterThanOrEqual(100_000);
      expect(usage.totalSizeBytes).toBeGreaterThan(usage.writableBytes);
    });

    it('commits only what stands still', async () => {
      const id = await started('commit-running');
      await fails(engine.commitContainer(id, `${bench.registry}/blosm/running:1`), 'BLOSM_E_ENGINE');
    });

    it('commits the same files to the same digest, which is another one than before', async () => {
      const id = await started('commit-twice');
      await bench.write(id, '/www/state', 'seven');
      await engine.stopContainer(id, 5);
      const reference = `${bench.registry}/blosm/twice:1`;
      const first = await engine.commitContainer(id, reference);
      const second = await engine.commitContainer(id, reference);
      const before = (await engine.inspectImage(base))!;
      expect(second).toEqual(first);
      expect(first.diffIds.slice(0, -1)).toEqual(before.diffIds);
      expect(first.configDigest).not.toBe(before.configDigest);
    });

    it('moves a container with its files by way of the registry', async () => {
      const id = await started('move-1');
      await bench.write(id, '/www/state', 'seven');
      await engine.stopContainer(id, 5);
      const reference = `${bench.registry}/blosm/moved:mig-1`;
      const committed = await engine.commitContainer(id, reference);
      const progress: TransferProgress[] = [];
      const pushed = await engine.pushImage(reference, (step) => progress.push(step));
      expect(pushed.manifestDigest).toMatch(/^sha256:[0-9a-f]{64}$/);
      expect(pushed.sentBytes).toBeGreaterThan(0);
      expect(progress.at(-1)).toMatchObject({ layersDone: 2, layersTotal: 2 });

      const byDigest = `${bench.registry}/blosm/moved@${pushed.manifestDigest}`;
      const pulled = await bench.other.pullImage(byDigest, ignore);
      expect(pulled).toEqual(committed);
      const order = orderOf('move-1', pulled.configDigest, { nodeId: 'Edge2MSP', migrationId: 'mig-1' });
      const there = await bench.other.createContainer(order);
      await bench.other.startContainer(there);
      await eventually(() => bench.isHealthy(bench.other, there));
      expect(await bench.read(bench.other, there, '/state')).toBe('seven');
    });

    it('moves only the layers that the other side lacks', async () => {
      const basePushed = await engine.pushImage(base, ignore);
      await bench.other.pullImage(`${bench.registry}/blosm/base@${basePushed.manifestDigest}`, ignore);
      const id = await started('delta-1');
      await bench.write(id, '/www/state', 'small');
      await engine.stopContainer(id, 5);
      const reference = `${bench.registry}/blosm/delta:1`;
      await engine.commitContainer(id, reference);
      const pushed = await engine.pushImage(reference, ignore);
      expect(pushed.sentBytes).toBeGreaterThan(0);
      expect(pushed.sentBytes).toBeLessThan(2000);
      expect((await engine.pushImage(reference, ignore)).sentBytes).toBe(0);
      const progress: TransferProgress[] = [];
      const byDigest = `${bench.registry}/blosm/delta@${pushed.manifestDigest}`;
      await bench.other.pullImage(byDigest, (step) => progress.push(step));
      expect(progress.at(-1)!.layersDone).toBe(2);
      expect(progress.at(-1)!.bytesTotal).toBeLessThan(50_000);
    });

    it('does not find what the registry or the engine does not have', async () => {
      await fails(engine.pullImage(`${bench.registry}/blosm/base@${NO_DIGEST}`, ignore), 'BLOSM_E_NOT_FOUND');
      await fails(engine.pullImage(`${bench.registry}/blosm/nobody@${NO_DIGEST}`, ignore), 'BLOSM_E_NOT_FOUND');
      await fails(engine.pushImage(`${bench.registry}/blosm/missing:1`, ignore), 'BLOSM_E_NOT_FOUND');
      await fails(engine.pullImage(`${bench.registry}/blosm/base:none`, ignore), 'BLOSM_E_NOT_FOUND');
      await fails(engine.pullImage(`${bench.registry}/blosm/base`, ignore), 'BLOSM_E_INVALID_ARGUMENT');
    });

    it('pulls by tag, where no digest is agreed yet', async () => {
      await engine.pushImage(base, ignore);
      expect(await bench.other.pullImage(base, ignore)).toEqual(await engine.inspectImage(base));
      expect(await bench.other.inspectImage(base)).not.toBeNull();
    });

    it('tells all who listen what happens to the containers of their node, until they stop listening', async () => {
      const stop = new AbortController();
      const [one, two] = [listen(engine, NODE, stop.signal), listen(engine, NODE, stop.signal)];
      const other = listen(engine, 'Edge2MSP', stop.signal);
      await eventually(() => Promise.resolve([one, two, other].every(({ news }) => news[0]?.kind === 'watching')));
      const foreign = await engine.createContainer(orderOf('watched-2', base, { nodeId: 'Edge2MSP' }));
      const id = await engine.createContainer(orderOf('watched-1', base, { migrationId: 'mig-1' }));
      await eventually(() => Promise.resolve(told(one, id) === 1));
      await engine.startContainer(id);
      await eventually(() => Promise.resolve(told(one, id) === 2));
      await engine.stopContainer(id, 5);
      await eventually(() => Promise.resolve(told(one, id) === 3));
      await engine.removeContainer(id);
      await eventually(() => Promise.resolve(told(one, id) === 4));
      await eventually(() => Promise.resolve(told(two, id) === 4 && told(other, foreign) > 0));
      expect(one.news.slice(1)).toContainEqual({
        kind: 'container',
        containerId: id,
        owner: { nodeId: NODE, serviceId: 'counter', instanceId: 'watched-1', migrationId: 'mig-1' },
      });
      expect([told(one, foreign), told(other, id)]).toEqual([0, 0]);
      stop.abort();
      await Promise.all([one.end, two.end, other.end]);
      expect([...one.news, ...two.news].filter(({ kind }) => kind === 'watching')).toHaveLength(2);
    });

    it('does nothing for a caller who has cancelled', async () => {
      const call: CallOptions = { signal: AbortSignal.abort() };
      await fails(engine.createContainer(orderOf('cancelled', base), call), 'BLOSM_E_CANCELLED');
      await fails(engine.observe(call), 'BLOSM_E_CANCELLED');
      for await (const news of engine.watch(NODE, AbortSignal.abort())) expect(news).toBeUndefined();
      expect(await engine.listContainers(NODE)).toEqual([]);
    });
  });
}

export async function fails(attempt: Promise<unknown>, code: string): Promise<void> {
  await expect(attempt).rejects.toMatchObject({ code });
}

/** What somebody has heard who listens to an engine, and the end of that. */
interface Listener {
  readonly news: EngineNews[];
  readonly end: Promise<void>;
}

function listen(engine: Engine, nodeId: string, signal: AbortSignal): Listener {
  const news: EngineNews[] = [];
  const hear = async (): Promise<void> => {
    for await (const one of engine.watch(nodeId, signal)) news.push(one);
  };
  return { news, end: hear() };
}

/** How often it was told of a container. */
const told = ({ news }: Listener, containerId: string): number =>
  news.filter((one) => one.kind === 'container' && one.containerId === containerId).length;

/** Waits at most 20 s until the check is true. */
export async function eventually(check: () => Promise<boolean>): Promise<void> {
  const endsAt = Date.now() + 20_000;
  while (!(await check())) {
    if (Date.now() > endsAt) throw new Error('waited 20 s in vain');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

import type { CallOptions } from '../../agent/ports/call';
import type { Clock } from '../../agent/ports/clock';
import type {
  ContainerObservation,
  ContainerOrder,
  ContainerUsage,
  Engine,
  EngineNews,
  EngineObservation,
  ImageObservation,
  PushedImage,
  TransferProgress,
} from '../../agent/ports/engine';
import type { Probe } from '../../agent/ports/probe';
import { BlosmError, type ErrorCode, type Platform, type Resources } from '../../chaincode/src/model';
import { Faults, type Fault } from './faults';
import { end, finished, imageObservation, observationOf, ownerText, sum, type FakeContainer } from './fake-container';
import { FakeWatchers } from './fake-watchers';
import { AMD64, imageOf, layerOf, sha256, type FakeImage, type FakeRegistry } from './registry';

export type { FakeContainer } from './fake-container';

export type EngineOperation = keyof Engine | 'isHealthy';

export interface FakeEngineOptions {
  readonly clock: Clock;
  readonly registry: FakeRegistry;
  /** Part of the containers' ids and addresses; engines of one test need different ones. */
  readonly name?: string;
  readonly total?: Resources;
  readonly platform?: Platform;
  /** Simulated milliseconds from the start of a container until it is healthy; 0 when left out. */
  readonly warmUpMs?: number;
}

const isUp = (state: FakeContainer['state']): boolean => state === 'running' || state === 'paused';

const TOTAL: Resources = { memoryBytes: 4 * 2 ** 30, cpuMillis: 4000, gpuMillis: 0, diskBytes: 64 * 2 ** 30 };

/** A container engine in memory, and the probe that looks at its containers. Everything can be made to go wrong. */
export class FakeEngine implements Engine, Probe {
  /** Ids of services whose containers never get healthy. */
  readonly sickServices = new Set<string>();
  /** Services whose containers end as soon as they start, with their exit code. */
  readonly endsAtOnce = new Map<string, number>();
  /** Services whose containers do not listen to the stop signal: they are killed when the grace is over. */
  readonly ignoresStop = new Set<string>();
  /** How many containers were killed after their grace. */
  killed = 0;
  readonly containers = new Map<string, FakeContainer>();
  readonly faults: Faults<EngineOperation>;
  private readonly watchers = new FakeWatchers();
  private isAway = false;
  private readonly images = new Map<string, FakeImage>();
  private readonly tags = new Map<string, string>();
  private created = 0;

  constructor(private readonly options: FakeEngineOptions) {
    this.faults = new Faults(options.clock);
  }

  /** The engine does not answer; its containers go on. */
  get isDown(): boolean {
    return this.isAway;
  }

  set isDown(isDown: boolean) {
    this.isAway = isDown;
    if (isDown) this.watchers.cut(fail('BLOSM_E_ENGINE_UNREACHABLE', 'the engine is down'));
  }

  /** Sets a fault; the function returned takes it away. */
  fault(fault: Fault<EngineOperation>): () => void {
    return this.faults.add(fault);
  }

  /** Puts an image into the engine, as a build would. */
  addImage(
    reference: string,
    image: FakeImage = imageOf([layerOf({ '/www/index.html': reference }, 1_000_000)]),
  ): FakeImage {
    this.images.set(image.configDigest, image);
    this.tags.set(reference, image.configDigest);
    return image;
  }

  /** Writes a file into a running container, as the service itself would. */
  write(containerId: string, path: string, content: string): void {
    const container = this.need(containerId);
    if (container.state !== 'running') throw new Error('only a running container writes');
    container.files[path] = content;
  }

  /** What the container's service would read; undefined: there is no such file. */
  read(containerId: string, path: string): string | undefined {
    const { files, image } = this.need(containerId);
    return [files, ...image.layers.map((layer) => layer.files).reverse()].find((layer) => path in layer)?.[path];
  }

  /** The host goes down: every container ends, the engine does not answer until `isDown` is false again. */
  crash(): void {
    this.isDown = true;
    for (const container of this.containers.values()) if (container.state === 'running') end(container, 137);
  }

  /** A running container ends by itself. */
  kill(containerId: string, exitCode = 137): void {
    this.end(this.need(containerId), exitCode);
  }

  /** Those who listen to it are cut off; it answers on. */
  cutWatchers(): void {
    this.watchers.cut(fail('BLOSM_E_ENGINE_UNREACHABLE', 'the answer stopped before its end'));
  }

  /** How many listen to it. */
  get watcherCount(): number {
    return this.watchers.size;
  }

  async *watch(nodeId: string, signal: AbortSignal): AsyncGenerator<EngineNews> {
    try {
      yield* await this.run('watch', [nodeId], { signal }, () => this.watchers.listen(nodeId, signal));
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  observe(options?: CallOptions): Promise<EngineObservation> {
    const { total = TOTAL, platform = AMD64 } = this.options;
    return this.run('observe', [], options, () => ({
      engineVersion: 'fake',
      imageStore: 'fake',
      platform,
      runtimes: ['runc'],
      total,
      free: total,
      l4tRelease: '',
      gpuSource: 'none',
    }));
  }

  listContainers(nodeId: string, options?: CallOptions): Promise<ContainerObservation[]> {
    return this.run('listContainers', [nodeId], options, () =>
      [...this.containers.values()].filter(({ order }) => order.nodeId === nodeId).map(observationOf),
    );
  }

  inspectImage(reference: string, options?: CallOptions): Promise<ImageObservation | null> {
    return this.run('inspectImage', [reference], options, () => {
      const image = this.find(reference);
      return image === undefined ? null : imageObservation(image);
    });
  }

  listImages(options?: CallOptions): Promise<ImageObservation[]> {
    return this.run('listImages', [], options, () => [...this.images.values()].map(imageObservation));
  }

  createContainer(order: ContainerOrder, options?: CallOptions): Promise<string> {
    return this.run('createContainer', [order], options, () => {
      const image = this.find(order.image) ?? absent('image', order.image);
      const same = [...this.containers.values()].find((container) => container.order.name === order.name);
      if (same === undefined) return this.create(order, image);
      if (ownerText(same.order) === ownerText(order)) return same.id;
      throw fail('BLOSM_E_CONFLICT', `another container is named ${order.name}`);
    });
  }

  startContainer(containerId: string, options?: CallOptions): Promise<void> {
    return this.run('startContainer', [containerId], options, () => {
      const container = this.need(containerId);
      if (container.state === 'running') return;
      container.host = this.freeAddress();
      container.state = 'running';
      container.exitCode = 0;
      container.startedAtMs = this.options.clock.nowMs();
      this.watchers.tell(container);
      const exitCode = this.endsAtOnce.get(container.order.serviceId);
      if (exitCode !== undefined) this.end(container, exitCode);
    });
  }

  async stopContainer(containerId: string, graceSeconds: number, options?: CallOptions): Promise<void> {
    await this.grace(containerId, graceSeconds, options);
    return this.run('stopContainer', [containerId, graceSeconds], options, () => {
      const container = this.need(containerId);
      if (container.state === 'running' || container.state === 'paused') this.end(container, 143);
    });
  }

  removeContainer(containerId: string, options?: CallOptions): Promise<void> {
    return this.run('removeContainer', [containerId], options, () => {
      const container = this.containers.get(containerId);
      this.containers.delete(containerId);
      if (container !== undefined) this.watchers.tell(container);
    });
  }

  commitContainer(containerId: string, reference: string, options?: CallOptions): Promise<ImageObservation> {
    return this.run('commitContainer', [containerId, reference], options, () => {
      const { state, image, files } = this.need(containerId);
      if (state === 'running') throw fail('BLOSM_E_ENGINE', 'the container runs');
      return imageObservation(
        this.addImage(reference, imageOf([...image.layers, layerOf({ ...files })], image.platform)),
      );
    });
  }

  pushImage(
    reference: string,
    onProgress: (progress: TransferProgress) => void,
    options?: CallOptions,
  ): Promise<PushedImage> {
    return this.run('pushImage', [reference], options, () => {
      const image = this.find(reference) ?? absent('image', reference);
      this.assertRegistry();
      const pushed = this.options.registry.put(...pushedAs(this.nameOf(reference), image));
      onProgress(finished(image.layers.length, pushed.sentBytes));
      return pushed;
    });
  }

  pullImage(
    reference: string,
    onProgress: (progress: TransferProgress) => void,
    options?: CallOptions,
  ): Promise<ImageObservation> {
    return this.run('pullImage', [reference], options, () => {
      this.assertRegistry();
      const image = this.options.registry.get(this.nameOf(reference)) ?? absent('manifest', reference);
      const held = new Set([...this.images.values()].flatMap((one) => one.layers.map((layer) => layer.diffId)));
      const missing = image.layers.filter((layer) => !held.has(layer.diffId));
      this.addImage(reference, image);
      onProgress(finished(image.layers.length, sum(missing.map((layer) => layer.sizeBytes))));
      return imageObservation(image);
    });
  }

  tagImage(reference: string, tag: string, options?: CallOptions): Promise<void> {
    return this.run('tagImage', [reference, tag], options, () => {
      this.addImage(tag, this.find(reference) ?? absent('image', reference));
    });
  }

  removeImage(reference: string, options?: CallOptions): Promise<void> {
    return this.run('removeImage', [reference], options, () => {
      const digest = this.tags.get(reference) ?? reference;
      const names = [...this.tags].filter(([, named]) => named === digest).map(([name]) => name);
      const isLast = names.every((name) => name === reference) || reference === digest;
      if (isLast && [...this.containers.values()].some(({ image }) => image.configDigest === digest)) {
        throw fail('BLOSM_E_ENGINE', `image ${reference} is in use by a container`);
      }
      for (const name of reference === digest ? names : [reference]) this.tags.delete(name);
      if (isLast) this.images.delete(digest);
    });
  }

  usage(containerId: string, options?: CallOptions): Promise<ContainerUsage> {
    return this.run('usage', [containerId], options, () => {
      const { files, image, state, order } = this.need(containerId);
      const writableBytes = sum(Object.values(files).map((content) => content.length));
      return {
        cpuMillis: state === 'running' ? 100 : 0,
        memoryBytes: state === 'running' ? 16 * 2 ** 20 : 0,
        gpuMillis: order.promised.gpuMillis,
        totalSizeBytes: imageObservation(image).sizeBytes + writableBytes,
        writableBytes,
      };
    });
  }

  isHealthy(host: string, port: number, path: string, options?: CallOptions): Promise<boolean> {
    return this.faults.run('isHealthy', [host, port, path], options, () => {
      const found = [...this.containers.values()].find((one) => one.host === host && one.state === 'running');
      if (found === undefined || this.sickServices.has(found.order.serviceId)) return false;
      const isWarm = this.options.clock.nowMs() >= found.startedAtMs + (this.options.warmUpMs ?? 0);
      return isWarm && found.order.spec.port === port && found.order.spec.healthPath === path;
    });
  }

  /** One that ignores the signal goes on for so long, and is killed then. */
  private async grace(containerId: string, graceSeconds: number, options?: CallOptions): Promise<void> {
    const stubborn = this.containers.get(containerId);
    if (stubborn?.state !== 'running' || !this.ignoresStop.has(stubborn.order.serviceId)) return;
    await this.options.clock.sleep(graceSeconds * 1000, options?.signal);
    this.killed += 1;
    this.end(stubborn, 137);
  }

  private end(container: FakeContainer, exitCode: number): void {
    end(container, exitCode);
    this.watchers.tell(container);
  }

  private run<T>(operation: keyof Engine, args: readonly unknown[], options: CallOptions | undefined, effect: () => T) {
    return this.faults.run(operation, args, options, () => {
      if (this.isDown) throw fail('BLOSM_E_ENGINE_UNREACHABLE', 'the engine is down');
      return effect();
    });
  }

  private create(order: ContainerOrder, image: FakeImage): string {
    this.created += 1;
    const { name = 'fake', clock } = this.options;
    const id = sha256(`${name} ${this.created}`).slice('sha256:'.length);
    const container: FakeContainer = {
      id,
      order,
      image,
      createdAtMs: clock.nowMs(),
      host: '',
      state: 'created',
      exitCode: 0,
      startedAtMs: 0,
      files: {},
    };
    this.containers.set(id, container);
    this.watchers.tell(container);
    return id;
  }

  /** As engines do: the first that no running container has, so that one which ended may have left it. */
  private freeAddress(): string {
    const taken = new Set([...this.containers.values()].flatMap(({ state, host }) => (isUp(state) ? [host] : [])));
    let place = 1;
    while (taken.has(this.address(place))) place += 1;
    return this.address(place);
  }

  private address(place: number): string {
    return `${this.options.name ?? 'fake'}-${place}.test`;
  }

  private need(containerId: string): FakeContainer {
    return this.containers.get(containerId) ?? absent('container', containerId);
  }

  private find(reference: string): FakeImage | undefined {
    return this.images.get(this.tags.get(reference) ?? reference);
  }

  /** The reference without the registry's address. */
  private nameOf(reference: string): string {
    const { address } = this.options.registry;
    if (!reference.startsWith(`${address}/`)) throw fail('BLOSM_E_REGISTRY', `no registry answers for ${reference}`);
    const name = reference.slice(address.length + 1);
    if (!/[:@]/.test(name)) throw fail('BLOSM_E_INVALID_ARGUMENT', `${reference} names neither digest nor tag`);
    return name;
  }

  private assertRegistry(): void {
    if (this.options.registry.isDown) throw fail('BLOSM_E_REGISTRY', 'the registry does not answer');
  }
}

const fail = (code: ErrorCode, message: string): BlosmError => new BlosmError(code, message, { stage: 'engine' });

function absent(what: string, name: string): never {
  throw fail('BLOSM_E_NOT_FOUND', `no ${what} ${name}`);
}

function pushedAs(name: string, image: FakeImage): [path: string, image: FakeImage, tag: string] {
  const [path = '', tag = ''] = name.split(':');
  return [path, image, tag];
}

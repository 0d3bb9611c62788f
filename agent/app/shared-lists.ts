import { BlosmError } from '../../chaincode/src/model';
import type { ContainerObservation } from '../domain/container';
import type { CallOptions } from '../ports/call';
import type { Clock } from '../ports/clock';
import type { Engine, ImageObservation } from '../ports/engine';

/** How old a list may be that several lanes look at, in milliseconds: what others do to the engine is seen that late. */
const MAX_AGE_MS = 500;
/** The same while the engine tells of each change, should it ever not. */
const WATCHED_MAX_AGE_MS = 5000;

/** An engine whose lists are shared, and what it has told meanwhile. */
export interface SharedLists {
  readonly engine: Engine;
  /** Something has happened to a container: no list of before is used any more. */
  containersChanged(): void;
  /** Called with each list of containers that the engine gives. */
  onContainers(listener: (nodeId: string, containers: readonly ContainerObservation[]) => void): void;
  /** Whether the engine tells of each change to a container. While it does, their list is good until it does. */
  watched(isWatched: boolean): void;
}

/**
 * An engine whose lists are asked for once and looked at by all: with many instances each lane's look would list all
 * containers of the node. An own change is always seen: no list that began before it ended is used after it.
 */
export function withSharedLists(engine: Engine, clock: Clock): SharedLists {
  const turns = new Turns();
  const images = new SharedList(() => engine.listImages(), clock, turns);
  const containers = new Map<string, SharedList<ContainerObservation>>();
  let maxAgeMs = MAX_AGE_MS;
  let seen: (nodeId: string, listed: readonly ContainerObservation[]) => void = () => undefined;
  const listContainers = async (nodeId: string): Promise<ContainerObservation[]> => {
    const listed = await engine.listContainers(nodeId);
    seen(nodeId, listed);
    return listed;
  };
  const containersOf = (nodeId: string): SharedList<ContainerObservation> => {
    const known = containers.get(nodeId) ?? new SharedList(() => listContainers(nodeId), clock, turns);
    containers.set(nodeId, known);
    return known;
  };
  const containersChanged = (): void => {
    for (const list of containers.values()) list.forget();
  };
  return {
    engine: sharing(engine, turns, {
      containers: (nodeId, options) => containersOf(nodeId).ask(maxAgeMs, options),
      images: (options) => images.ask(MAX_AGE_MS, options),
      containersAnew: async (options) => {
        containersChanged();
        await Promise.all([...containers.values()].map((list) => list.ask(maxAgeMs, options)));
      },
    }),
    containersChanged,
    onContainers: (listener) => (seen = listener),
    watched: (isWatched) => {
      maxAgeMs = isWatched ? WATCHED_MAX_AGE_MS : MAX_AGE_MS;
      containersChanged();
    },
  };
}

interface Lists {
  containers(nodeId: string, options?: CallOptions): Promise<ContainerObservation[]>;
  images(options?: CallOptions): Promise<ImageObservation[]>;
  containersAnew(options?: CallOptions): Promise<void>;
}

function sharing(engine: Engine, turns: Turns, lists: Lists): Engine {
  return {
    observe: (options) => engine.observe(options),
    listContainers: (nodeId, options) => lists.containers(nodeId, options),
    listImages: (options) => lists.images(options),
    inspectImage: (reference, options) => engine.inspectImage(reference, options),
    usage: (containerId, options) => engine.usage(containerId, options),
    watch: (nodeId, signal) => engine.watch(nodeId, signal),
    pushImage: (reference, onProgress, options) => engine.pushImage(reference, onProgress, options),
    createContainer: (order, options) => turns.take(() => engine.createContainer(order, options)),
    startContainer: async (id, options) => {
      // A container that has ended unseen leaves its address to this one: its lane has to hear of it before.
      await lists.containersAnew(options);
      return turns.take(() => engine.startContainer(id, options));
    },
    stopContainer: (id, grace, options) => turns.take(() => engine.stopContainer(id, grace, options)),
    removeContainer: (id, options) => turns.take(() => engine.removeContainer(id, options)),
    commitContainer: (id, reference, options) => turns.take(() => engine.commitContainer(id, reference, options)),
    pullImage: (reference, progress, options) => turns.take(() => engine.pullImage(reference, progress, options)),
    tagImage: (reference, tag, options) => turns.take(() => engine.tagImage(reference, tag, options)),
    removeImage: (reference, options) => turns.take(() => engine.removeImage(reference, options)),
  };
}

/** Counts beginnings and ends of changes: a list is of the turn in which it was asked for. */
class Turns {
  present = 0;

  async take<T>(change: () => Promise<T>): Promise<T> {
    this.present += 1;
    try {
      return await change();
    } finally {
      this.present += 1;
    }
  }
}

interface Listing<T> {
  readonly atMs: number;
  readonly turn: number;
  readonly items: Promise<T[]>;
}

/** However much happens, one list is under way and one waits for it, unless the engine is slow to answer. */
class SharedList<T> {
  private last: Listing<T> | null = null;
  private underWay: { readonly atMs: number; readonly end: Promise<void> } | null = null;
  private next: Promise<T[]> | null = null;

  constructor(
    private readonly list: () => Promise<T[]>,
    private readonly clock: Clock,
    private readonly turns: Turns,
  ) {}

  ask(maxAgeMs: number, options?: CallOptions): Promise<T[]> {
    return within(this.usable(maxAgeMs) ?? this.fresh(maxAgeMs), options?.signal);
  }

  /** What was asked for before is of no use any more. */
  forget(): void {
    this.last = null;
  }

  private usable(maxAgeMs: number): Promise<T[]> | null {
    if (this.last?.turn !== this.turns.present) return null;
    return this.isYoung(this.last.atMs, maxAgeMs) ? this.last.items : null;
  }

  /** A list that begins after the call. */
  private fresh(maxAgeMs: number): Promise<T[]> {
    // An engine that was killed in the middle of an answer leaves it without an end for long.
    if (this.underWay === null || !this.isYoung(this.underWay.atMs, MAX_AGE_MS)) return this.begin();
    this.next ??= this.underWay.end.then(() => {
      this.next = null;
      return this.usable(maxAgeMs) ?? this.fresh(maxAgeMs);
    });
    return this.next;
  }

  private begin(): Promise<T[]> {
    const begun = { atMs: this.clock.nowMs(), turn: this.turns.present, items: this.list() };
    const ended = (): void => {
      if (this.underWay === underWay) this.underWay = null;
    };
    const failed = (): void => {
      if (this.last === begun) this.last = null;
      ended();
    };
    const underWay = { atMs: begun.atMs, end: begun.items.then(ended, failed) };
    [this.last, this.underWay] = [begun, underWay];
    return begun.items;
  }

  /** Either way: the clock may have been set back. */
  private isYoung(atMs: number, maxAgeMs: number): boolean {
    return Math.abs(this.clock.nowMs() - atMs) <= maxAgeMs;
  }
}

/** A shared answer for one who may stop waiting for it. */
async function within<T>(answer: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return answer;
  const cancelled = (): BlosmError =>
    new BlosmError('BLOSM_E_CANCELLED', 'the list was not waited for', { stage: 'list' });
  if (signal.aborted) throw cancelled();
  return new Promise<T>((resolve, reject) => {
    const stop = (): void => reject(cancelled());
    const settle = (): void => signal.removeEventListener('abort', stop);
    signal.addEventListener('abort', stop, { once: true });
    answer.finally(settle).then(resolve, reject);
  });
}

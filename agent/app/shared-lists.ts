import { BlosmError } from '../../chaincode/src/model';
import type { ContainerObservation } from '../domain/container';
import type { CallOptions } from '../ports/call';
import type { Clock } from '../ports/clock';
import type { Engine } from '../ports/engine';

/** How old a list may be that several lanes look at, in milliseconds: what others do to the engine is seen that late. */
const MAX_AGE_MS = 500;

/**
 * An engine whose lists are asked for once and looked at by all: with many instances each lane's look would list all
 * containers of the node. An own change is always seen: no list that began before it ended is used after it.
 */
export function withSharedLists(engine: Engine, clock: Clock): Engine {
  const turns = new Turns();
  const images = new SharedList(() => engine.listImages(), clock, turns);
  const containers = new Map<string, SharedList<ContainerObservation>>();
  const containersOf = (nodeId: string): SharedList<ContainerObservation> => {
    const known = containers.get(nodeId) ?? new SharedList(() => engine.listContainers(nodeId), clock, turns);
    containers.set(nodeId, known);
    return known;
  };
  return {
    observe: (options) => engine.observe(options),
    listContainers: (nodeId, options) => containersOf(nodeId).ask(options),
    listImages: (options) => images.ask(options),
    inspectImage: (reference, options) => engine.inspectImage(reference, options),
    usage: (containerId, options) => engine.usage(containerId, options),
    pushImage: (reference, onProgress, options) => engine.pushImage(reference, onProgress, options),
    createContainer: (order, options) => turns.take(() => engine.createContainer(order, options)),
    startContainer: (id, options) => turns.take(() => engine.startContainer(id, options)),
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

class SharedList<T> {
  private last: { readonly atMs: number; readonly turn: number; readonly items: Promise<T[]> } | null = null;

  constructor(
    private readonly list: () => Promise<T[]>,
    private readonly clock: Clock,
    private readonly turns: Turns,
  ) {}

  ask(options?: CallOptions): Promise<T[]> {
    const shared = this.usable() ?? { atMs: this.clock.nowMs(), turn: this.turns.present, items: this.list() };
    this.last = shared;
    shared.items.catch(() => {
      if (this.last === shared) this.last = null;
    });
    return within(shared.items, options?.signal);
  }

  private usable(): typeof this.last {
    if (this.last?.turn !== this.turns.present) return null;
    // Either way: the clock may have been set back.
    return Math.abs(this.clock.nowMs() - this.last.atMs) <= MAX_AGE_MS ? this.last : null;
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

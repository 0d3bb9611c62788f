import type { EngineNews } from '../../agent/ports/engine';
import type { FakeContainer } from './fake-container';

interface Watcher {
  readonly nodeId: string;
  readonly told: EngineNews[];
  failure: Error | null;
  wake: () => void;
}

/** Who listens to an engine in memory. */
export class FakeWatchers {
  private readonly watchers = new Set<Watcher>();

  get size(): number {
    return this.watchers.size;
  }

  tell({ id, order: { nodeId, serviceId, instanceId, migrationId } }: FakeContainer): void {
    const owner = { nodeId, serviceId, instanceId, migrationId };
    for (const watcher of this.watchers) {
      if (watcher.nodeId !== nodeId) continue;
      watcher.told.push({ kind: 'container', containerId: id, owner });
      watcher.wake();
    }
  }

  /** The connections are lost, with what was not read yet. */
  cut(failure: Error): void {
    for (const watcher of this.watchers) {
      watcher.failure = failure;
      watcher.wake();
    }
  }

  /** From now on, whenever it is read. */
  listen(nodeId: string, signal: AbortSignal): AsyncGenerator<EngineNews> {
    const watcher: Watcher = { nodeId, told: [{ kind: 'watching' }], failure: null, wake: () => undefined };
    this.watchers.add(watcher);
    return this.read(watcher, signal);
  }

  private async *read(watcher: Watcher, signal: AbortSignal): AsyncGenerator<EngineNews> {
    const stop = (): void => watcher.wake();
    signal.addEventListener('abort', stop);
    try {
      while (!signal.aborted) {
        if (watcher.failure !== null) throw watcher.failure;
        const news = watcher.told.shift();
        if (news !== undefined) yield news;
        else await new Promise<void>((resolve) => (watcher.wake = resolve));
      }
    } finally {
      signal.removeEventListener('abort', stop);
      this.watchers.delete(watcher);
    }
  }
}

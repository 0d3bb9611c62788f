import type { CallOptions } from '../../ports/call';
import type { ContainerUsage } from '../../ports/engine';
import { needContainer } from './containers';
import type { EngineContext } from './context';
import { withDeadline } from './deadline';
import { promisedOf } from './labels';
import type { WireStats } from './wire';

/** The engine counts the writable layer's files. */
const USAGE_MS = 60_000;

export function readUsage(context: EngineContext, containerId: string, options?: CallOptions): Promise<ContainerUsage> {
  const what = `read the usage of container ${containerId.slice(0, 12)}`;
  return withDeadline({ what, stage: 'usage', defaultTimeoutMs: USAGE_MS }, options, async (signal) => {
    const path = `/containers/${containerId}/stats`;
    const [container, stats] = await Promise.all([
      needContainer(context, containerId, signal, true),
      context.api.call<WireStats>({
        method: 'GET',
        path,
        query: { stream: false, 'one-shot': true },
        what,
        stage: 'usage',
        signal,
      }),
    ]);
    return {
      cpuMillis: cpuMillis(stats, Date.parse(container.State.StartedAt)),
      memoryBytes: memoryBytes(stats),
      // No engine tells a container's share of a GPU: what it was promised is the only bound known.
      gpuMillis: promisedOf(container.Config.Labels).gpuMillis,
      totalSizeBytes: container.SizeRootFs ?? 0,
      writableBytes: container.SizeRw ?? 0,
    };
  });
}

/**
 * Thousandths of a core in the mean since the container started: one sample tells it at once, where a present rate
 * would keep every migration waiting a second for the second sample. 0 for a container that does not run.
 */
export function cpuMillis({ read, cpu_stats: cpu }: WireStats, startedAtMs: number): number {
  const usedNs = cpu?.cpu_usage?.total_usage ?? 0;
  const passedMs = Date.parse(read ?? '') - startedAtMs;
  return usedNs > 0 && passedMs > 0 ? Math.round(usedNs / 1000 / passedMs) : 0;
}

/** Without the page cache that the kernel can take back, as `docker stats` counts (cgroup v1 and v2 name it apart). */
export function memoryBytes({ memory_stats: memory }: WireStats): number {
  const cache = memory?.stats?.['total_inactive_file'] ?? memory?.stats?.['inactive_file'] ?? 0;
  const usage = memory?.usage ?? 0;
  return cache < usage ? usage - cache : usage;
}

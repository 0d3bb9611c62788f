import type { CallOptions } from '../../ports/call';
import type { ContainerUsage } from '../../ports/engine';
import { needContainer } from './containers';
import type { EngineContext } from './context';
import { withDeadline } from './deadline';
import { promisedOf } from './labels';
import type { WireCpu, WireStats } from './wire';

/** The engine takes two samples a second apart, and counts the writable layer's files. */
const USAGE_MS = 60_000;

export function readUsage(context: EngineContext, containerId: string, options?: CallOptions): Promise<ContainerUsage> {
  const what = `read the usage of container ${containerId.slice(0, 12)}`;
  return withDeadline({ what, stage: 'usage', defaultTimeoutMs: USAGE_MS }, options, async (signal) => {
    const path = `/containers/${containerId}/stats`;
    const [container, stats] = await Promise.all([
      needContainer(context, containerId, signal, true),
      context.api.call<WireStats>({ method: 'GET', path, query: { stream: false }, what, stage: 'usage', signal }),
    ]);
    return {
      cpuMillis: cpuMillis(stats),
      memoryBytes: memoryBytes(stats),
      // No engine tells a container's share of a GPU: what it was promised is the only bound known.
      gpuMillis: promisedOf(container.Config.Labels).gpuMillis,
      totalSizeBytes: container.SizeRootFs ?? 0,
      writableBytes: container.SizeRw ?? 0,
    };
  });
}

/** Thousandths of a core between the two samples of one answer; 0 for a container that does not run. */
export function cpuMillis({ cpu_stats: now, precpu_stats: before }: WireStats): number {
  const used = difference(now, before, (cpu) => cpu.cpu_usage?.total_usage);
  const passed = difference(now, before, (cpu) => cpu.system_cpu_usage);
  if (used <= 0 || passed <= 0) return 0;
  return Math.round((used / passed) * (now?.online_cpus ?? 1) * 1000);
}

function difference(
  now: WireCpu | undefined,
  before: WireCpu | undefined,
  read: (cpu: WireCpu) => number | undefined,
): number {
  const [later, earlier] = [now, before].map((cpu) => (cpu === undefined ? undefined : read(cpu)));
  return later === undefined || earlier === undefined ? 0 : later - earlier;
}

/** Without the page cache that the kernel can take back, as `docker stats` counts (cgroup v1 and v2 name it apart). */
export function memoryBytes({ memory_stats: memory }: WireStats): number {
  const cache = memory?.stats?.['total_inactive_file'] ?? memory?.stats?.['inactive_file'] ?? 0;
  const usage = memory?.usage ?? 0;
  return cache < usage ? usage - cache : usage;
}

import type { Resources, ServiceRecord } from '../../chaincode/src/model';

export const RESOURCE_NAMES = ['memoryBytes', 'cpuMillis', 'gpuMillis', 'diskBytes'] as const;
export type ResourceName = (typeof RESOURCE_NAMES)[number];

export const NO_RESOURCES: Resources = { memoryBytes: 0, cpuMillis: 0, gpuMillis: 0, diskBytes: 0 };

/** R_rem = R_tot - R_utilised (paper, equation 3); utilised is what is promised, not what happens to be in use. */
export function remainingResources(total: Resources, promises: readonly Resources[]): Resources {
  const left = (name: ResourceName): number =>
    Math.max(
      0,
      promises.reduce((rest, promise) => rest - promise[name], total[name]),
    );
  return {
    memoryBytes: left('memoryBytes'),
    cpuMillis: left('cpuMillis'),
    gpuMillis: left('gpuMillis'),
    diskBytes: left('diskBytes'),
  };
}

/** What one more instance takes: nothing where the service's shared container runs, or is promised, already. */
export function needHere(service: ServiceRecord, sharedHere: ReadonlySet<string>): Resources {
  return service.tenancy === 'shared' && sharedHere.has(service.serviceId) ? NO_RESOURCES : service.need;
}

/** The resources for which `REQ_res >= R_rem` (paper, Algorithm 3, line 12); a need of 0 never falls short. */
export function shortages(need: Resources, remaining: Resources): ResourceName[] {
  return RESOURCE_NAMES.filter((name) => need[name] > 0 && need[name] >= remaining[name]);
}

/** The shortages as sentences. */
export function describeShortages(need: Resources, remaining: Resources): string[] {
  return shortages(need, remaining).map((name) => describeShortage(name, need[name], remaining[name]));
}

/** "needs 512 MiB of memory, 100 MiB remain": one sentence for people. */
export function describeShortage(name: ResourceName, need: number, remaining: number): string {
  const mebi = (bytes: number): string => `${(bytes / 1_048_576).toFixed(0)} MiB`;
  const cores = (millis: number): string => (millis / 1000).toFixed(2);
  const of = { memoryBytes: 'memory', cpuMillis: 'CPU cores', gpuMillis: 'GPU', diskBytes: 'disk' }[name];
  const show = name === 'memoryBytes' || name === 'diskBytes' ? mebi : cores;
  return `needs ${show(need)} of ${of}, ${show(remaining)} remain`;
}

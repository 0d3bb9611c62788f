import type { Checks, ContainerFacts, Platform, Policy, Resources, RunSpec } from '../../chaincode/src/model';
import { describeShortage } from './capacity';

/** The node's side of Algorithm 2 (`sys`). */
export interface SystemFacts {
  readonly remaining: Resources;
  readonly applicationTypes: readonly string[];
  readonly platform: Platform;
  readonly runtimes: readonly string[];
  readonly l4tRelease: string;
}

/** What a foreign container may ask for on this cluster. */
export interface AdmissionPolicy {
  readonly privileged: boolean;
  readonly hostNamespaces: boolean;
  readonly binds: boolean;
  readonly capabilities: readonly string[];
  readonly devices: readonly string[];
}

/** What of a container or of a service decides whether a cluster can run it at all. */
export type Demands = Pick<ContainerFacts, 'applicationType' | 'platform' | 'gpuRuntime' | 'l4tRelease'>;

/** What a cordoned cluster says to whatever would be new here. */
export const CORDONED = 'this cluster is cordoned: it takes nothing new';

export interface SelfEvaluation {
  readonly checks: Checks;
  readonly verdict: boolean;
  /** Empty only with a true verdict for which every check passed. */
  readonly reasons: readonly string[];
}

/**
 * Algorithm 2 by its text: a check passes when the node CAN provide it (the printed comparisons are inverted).
 * - `paper`: total_size against free memory, cpu, gpu, type. False when the type does not match or more than one
 *   check failed.
 * - `strict`: every check must pass; `size` is compared with the disk, where an image goes, and the memory that the
 *   service asks for with the memory; platform, GPU runtime and L4T release must match; the run spec must be admitted.
 */
export function evaluate(
  container: ContainerFacts,
  system: SystemFacts,
  policy: Policy,
  refusedBySpec: readonly string[],
): SelfEvaluation {
  const { checks, reasons } = policy === 'paper' ? paperChecks(container, system) : strictChecks(container, system);
  if (policy === 'paper') {
    const failed = Object.values(checks).filter((passed) => !passed).length;
    return { checks, verdict: checks.applicationType && failed <= 1, reasons };
  }
  const all = [...reasons, ...platformReasons(container, system), ...refusedBySpec];
  return { checks, verdict: all.length === 0, reasons: all };
}

interface CheckResult {
  readonly checks: Checks;
  readonly reasons: string[];
}

function paperChecks(container: ContainerFacts, system: SystemFacts): CheckResult {
  const { remaining } = system;
  const checks = {
    ...commonChecks(container, system),
    size: container.totalSizeBytes <= remaining.memoryBytes,
  };
  const reasons = commonReasons(container, system, checks);
  if (!checks.size) {
    reasons.push(`total size: ${describeShortage('memoryBytes', container.totalSizeBytes, remaining.memoryBytes)}`);
  }
  return { checks, reasons };
}

function strictChecks(container: ContainerFacts, system: SystemFacts): CheckResult {
  const { remaining } = system;
  const hasDisk = container.diskBytes <= remaining.diskBytes && container.totalSizeBytes <= remaining.diskBytes;
  const hasMemory = container.memoryBytes <= remaining.memoryBytes;
  const checks = { ...commonChecks(container, system), size: hasDisk && hasMemory };
  const reasons = commonReasons(container, system, checks);
  if (!hasDisk) {
    const neededBytes = Math.max(container.diskBytes, container.totalSizeBytes);
    reasons.push(describeShortage('diskBytes', neededBytes, remaining.diskBytes));
  }
  if (!hasMemory) reasons.push(describeShortage('memoryBytes', container.memoryBytes, remaining.memoryBytes));
  return { checks, reasons };
}

function commonChecks(container: ContainerFacts, system: SystemFacts): Omit<Checks, 'size'> {
  return {
    cpu: container.cpuMillis <= system.remaining.cpuMillis,
    gpu: container.gpuMillis <= system.remaining.gpuMillis,
    applicationType: system.applicationTypes.includes(container.applicationType),
  };
}

function commonReasons(container: ContainerFacts, system: SystemFacts, checks: Omit<Checks, 'size'>): string[] {
  const { remaining } = system;
  const reasons: string[] = [];
  if (!checks.cpu) reasons.push(describeShortage('cpuMillis', container.cpuMillis, remaining.cpuMillis));
  if (!checks.gpu) reasons.push(describeShortage('gpuMillis', container.gpuMillis, remaining.gpuMillis));
  return [...reasons, ...typeReasons(container, system)];
}

/** Why the cluster cannot run a service, whatever room there is; empty: it can. */
export function unfitReasons(service: Demands, system: SystemFacts): string[] {
  return [...typeReasons(service, system), ...platformReasons(service, system)];
}

function typeReasons({ applicationType }: Demands, system: SystemFacts): string[] {
  return system.applicationTypes.includes(applicationType)
    ? []
    : [`application type ${applicationType} is not offered here`];
}

function platformReasons(container: Demands, system: SystemFacts): string[] {
  const reasons = imageReasons(container.platform, system.platform);
  if (container.gpuRuntime !== '' && !system.runtimes.includes(container.gpuRuntime)) {
    reasons.push(`GPU runtime ${container.gpuRuntime} is not installed here`);
  }
  if (container.l4tRelease !== '' && container.l4tRelease !== system.l4tRelease) {
    const own = system.l4tRelease === '' ? 'none' : system.l4tRelease;
    reasons.push(`built for L4T ${container.l4tRelease}, this cluster has ${own}`);
  }
  return reasons;
}

function imageReasons(wanted: Platform, own: Platform): string[] {
  if (wanted.os !== own.os || wanted.architecture !== own.architecture) {
    return [`image is for ${wanted.os}/${wanted.architecture}, this cluster runs ${own.os}/${own.architecture}`];
  }
  const differs = wanted.variant !== '' && own.variant !== '' && wanted.variant !== own.variant;
  return differs ? [`image is for variant ${wanted.variant}, this cluster is ${own.variant}`] : [];
}

/**
 * A GPU that a run spec asks for without naming a runtime: NVIDIA's runtime, or the engine's own way where the cluster
 * has a GPU. Where the service names a runtime, that is compared with the cluster's.
 * @param totalGpuMillis of the cluster, in thousandths of a GPU
 */
export function gpuReasons(
  spec: RunSpec,
  { gpuRuntime }: Demands,
  runtimes: readonly string[],
  totalGpuMillis: number,
): string[] {
  const isMissing = spec.gpu && gpuRuntime === '' && totalGpuMillis === 0 && !runtimes.includes('nvidia');
  return isMissing ? ['a GPU is asked for, this cluster has none and no runtime for one'] : [];
}

/** What a run spec asks for that the operator does not allow to foreign containers; empty: admitted. */
export function refusedRequests(spec: RunSpec, allow: AdmissionPolicy): string[] {
  const reasons: string[] = [];
  if (spec.privileged && !allow.privileged) reasons.push('a privileged container is not allowed here');
  if (spec.hostNamespaces.length > 0 && !allow.hostNamespaces) {
    reasons.push(`host namespaces (${spec.hostNamespaces.join(', ')}) are not allowed here`);
  }
  if (spec.binds.length > 0 && !allow.binds) reasons.push('bind mounts are not allowed here');
  const capabilities = spec.capabilities.filter((capability) => !allow.capabilities.includes(capability));
  if (capabilities.length > 0) reasons.push(`capabilities ${capabilities.join(', ')} are not allowed here`);
  const devices = spec.devices.filter((device) => !allow.devices.includes(device));
  if (devices.length > 0) reasons.push(`devices ${devices.join(', ')} are not allowed here`);
  return reasons;
}

import type { ContainerFacts, ServiceRecord } from '../../chaincode/src/model';
import { NO_RESOURCES } from '../domain/capacity';
import type { AgentContext } from './context';

/**
 * The container metadata of Algorithm 1. Of a shared container one instance moves, and it takes what the service
 * declares, whatever the others use. Else CPU and GPU are the larger of what the container uses now and what the
 * service declares: an idle moment must not make it look small.
 */
export async function containerFacts(
  context: AgentContext,
  service: ServiceRecord,
  containerId: string,
  signal: AbortSignal,
): Promise<ContainerFacts> {
  const { need } = service;
  const used = await context.engine.usage(containerId, { signal });
  const usage = service.tenancy === 'shared' ? { ...used, ...NO_RESOURCES, writableBytes: 0 } : used;
  return {
    sourceIp: context.settings.profile.sourceIp,
    containerId,
    totalSizeBytes: usage.totalSizeBytes,
    gpuMillis: Math.max(usage.gpuMillis, need.gpuMillis),
    cpuMillis: Math.max(usage.cpuMillis, need.cpuMillis),
    memoryBytes: Math.max(usage.memoryBytes, need.memoryBytes),
    diskBytes: Math.max(usage.writableBytes, need.diskBytes),
    applicationType: service.applicationType,
    platform: service.platform,
    gpuRuntime: service.gpuRuntime,
    l4tRelease: service.l4tRelease,
  };
}

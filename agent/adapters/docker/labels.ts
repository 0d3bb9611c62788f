import { Resources } from '../../../chaincode/src/model';
import { isShared, type ContainerOwner } from '../../domain/container';

/** What a container carries, so that an agent that starts anew knows its own containers. */
export const LABEL = {
  node: 'io.blosm.node',
  service: 'io.blosm.service',
  instance: 'io.blosm.instance',
  migration: 'io.blosm.migration',
  /** For people: `shared` says that no single instance owns it. */
  tenancy: 'io.blosm.tenancy',
  port: 'io.blosm.port',
  promised: 'io.blosm.promised',
} as const;

type Labels = Readonly<Record<string, string>> | null | undefined;

export function labelsOf(owner: ContainerOwner, port: number, promised: Resources): Record<string, string> {
  return {
    [LABEL.node]: owner.nodeId,
    [LABEL.service]: owner.serviceId,
    [LABEL.instance]: owner.instanceId,
    [LABEL.migration]: owner.migrationId,
    [LABEL.tenancy]: isShared(owner) ? 'shared' : 'device',
    [LABEL.port]: String(port),
    [LABEL.promised]: JSON.stringify(promised),
  };
}

export function ownerOf(labels: Labels): ContainerOwner {
  return {
    nodeId: labels?.[LABEL.node] ?? '',
    serviceId: labels?.[LABEL.service] ?? '',
    instanceId: labels?.[LABEL.instance] ?? '',
    migrationId: labels?.[LABEL.migration] ?? '',
  };
}

export function isSameOwner(a: ContainerOwner, b: ContainerOwner): boolean {
  return (
    a.nodeId === b.nodeId &&
    a.serviceId === b.serviceId &&
    a.instanceId === b.instanceId &&
    a.migrationId === b.migrationId
  );
}

/** 0 when the label is missing or no number. */
export function portOf(labels: Labels): number {
  const port = Number(labels?.[LABEL.port] ?? '0');
  return Number.isInteger(port) ? port : 0;
}

const NOTHING: Resources = { memoryBytes: 0, cpuMillis: 0, gpuMillis: 0, diskBytes: 0 };

/** Nothing when the label is missing or was written by someone else. */
export function promisedOf(labels: Labels): Resources {
  try {
    return Resources.parse(JSON.parse(labels?.[LABEL.promised] ?? ''));
  } catch {
    return NOTHING;
  }
}

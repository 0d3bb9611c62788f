import type { InstanceRecord, MigrationRecord, NodeRecord, ServiceRecord } from '../../../chaincode/src/model';
import { isTerminal } from '../../../chaincode/src/model';
import { isShared, type ContainerObservation } from '../../domain/container';
import type { ClusterView, InstanceView, MigrationView, ServiceView } from '../../ports/control';

/** The name that people use; the node id where the node is unknown. */
export function nameIn(nodes: readonly NodeRecord[], nodeId: string): string {
  return nodes.find((node) => node.nodeId === nodeId)?.name ?? nodeId;
}

export const clusterView = (node: NodeRecord, me: string): ClusterView => ({ ...node, isSelf: node.nodeId === me });

export const serviceView = (service: ServiceRecord, nodes: readonly NodeRecord[]): ServiceView => ({
  ...service,
  registeredByName: nameIn(nodes, service.registeredBy),
});

export function instanceView(
  instance: InstanceRecord,
  nodes: readonly NodeRecord[],
  containers: readonly ContainerObservation[],
): InstanceView {
  const { instanceId, serviceId, ownerNodeId } = instance;
  const isOwn = (c: ContainerObservation): boolean =>
    c.instanceId === instanceId || (isShared(c) && c.serviceId === serviceId && c.nodeId === ownerNodeId);
  const container = containers.find(isOwn);
  return {
    ...instance,
    ownerName: nameIn(nodes, instance.ownerNodeId),
    container: container === undefined ? null : { containerId: container.containerId, state: container.state },
  };
}

export function migrationView(
  record: MigrationRecord,
  nodes: readonly NodeRecord[],
  waitsFor: string | null,
): MigrationView {
  return {
    ...record,
    sourceName: nameIn(nodes, record.sourceNodeId),
    destinationName: record.destinationNodeId === null ? null : nameIn(nodes, record.destinationNodeId),
    waitsFor: isTerminal(record.state) ? null : waitsFor,
  };
}

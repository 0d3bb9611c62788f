import type { SubmitBody } from '../ledger';
import { InstanceRecord, NodeRecord, ServiceRecord, nodeKey, prefixKey, removedServiceKey, serviceKey } from '../model';
import { requireNoInstancesOf, requireRegistrar } from '../rules';

/**
 * Rare, and not on a migration's way: it may read all instances. One of this service that is created meanwhile makes it
 * a phantom read, or finds its service's record changed.
 */
export const removeService: SubmitBody<'ServiceContract:Remove'> = async (tx, serviceId) => {
  const { nodeId } = await tx.agent();
  const gone = await tx.state.find(removedServiceKey(serviceId), ServiceRecord);
  const service = gone ?? (await tx.state.get(serviceKey(serviceId), ServiceRecord));
  requireRegistrar(service, await tx.state.find(nodeKey(service.registeredBy), NodeRecord), nodeId);
  if (gone !== undefined) return gone;
  requireNoInstancesOf(serviceId, await tx.state.list(prefixKey('instance'), InstanceRecord));
  tx.remove(serviceKey(serviceId));
  tx.put(removedServiceKey(serviceId), ServiceRecord, service);
  tx.emit('ServiceRemoved', { serviceId });
  return service;
};

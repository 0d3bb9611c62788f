import {
  BlosmError,
  SCHEMA_VERSION,
  type InstanceRecord,
  type NodeRecord,
  type ServiceRecord,
  type ServiceRegistration,
} from '../model';
import { requireSame } from './same-content';

export function registeredService(registration: ServiceRegistration, nodeId: string, nowMs: number): ServiceRecord {
  return { v: SCHEMA_VERSION, type: 'service', ...registration, registeredBy: nodeId, registeredAtMs: nowMs };
}

/** @throws BlosmError BLOSM_E_CONFLICT when the stored service is not this registration by this node */
export function requireSameService(stored: ServiceRecord, registration: ServiceRegistration, nodeId: string): void {
  requireSame(
    `service ${registration.serviceId}`,
    stored,
    registeredService(registration, nodeId, stored.registeredAtMs),
  );
}

/**
 * By the node that registered it, or by any other once that one has left.
 * @throws BlosmError BLOSM_E_FORBIDDEN
 */
export function requireRegistrar(service: ServiceRecord, registrar: NodeRecord | undefined, nodeId: string): void {
  if (service.registeredBy === nodeId || registrar === undefined) return;
  const { serviceId, registeredBy } = service;
  throw new BlosmError('BLOSM_E_FORBIDDEN', `only ${registeredBy}, which registered service ${serviceId}, may do this`);
}

/** @throws BlosmError BLOSM_E_OWNS_INSTANCES with one of them and how many more there are */
export function requireNoInstancesOf(serviceId: string, instances: readonly InstanceRecord[]): void {
  const own = instances.filter((instance) => instance.serviceId === serviceId);
  const [first] = own;
  if (first === undefined) return;
  const what = own.length === 1 ? first.instanceId : `${first.instanceId} and ${own.length - 1} more`;
  throw new BlosmError('BLOSM_E_OWNS_INSTANCES', `service ${serviceId} has the instance ${what}: remove them first`);
}

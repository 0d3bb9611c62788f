import { SCHEMA_VERSION, type ServiceRecord, type ServiceRegistration } from '../model';
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

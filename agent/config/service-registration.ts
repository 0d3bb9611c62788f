import { createHash } from 'node:crypto';
import { canonicalJson, type RunSpec, type ServiceImage, type ServiceRegistration } from '../../chaincode/src/model';
import type { ServiceOrder } from '../ports/control';

/** SHA-256 over the canonical JSON of a run spec, as the ledger holds it. */
export function hashRunSpec(spec: RunSpec): string {
  return `sha256:${createHash('sha256').update(canonicalJson(spec)).digest('hex')}`;
}

/** The ledger's part of an order, once the image's digests are known. */
export function toServiceRegistration(order: ServiceOrder, image: ServiceImage): ServiceRegistration {
  const { runSpec, ...rest } = order;
  return { ...rest, image, specSha256: hashRunSpec(runSpec) };
}

import { z } from 'zod';
import { RunSpec, ServiceImage, ServiceRecord, ServiceRegistration } from '../../../chaincode/src/model';
import type { CallOptions } from '../call';
import { type ListRequest } from './request';

export const ServiceView = z.object({ ...ServiceRecord.shape, registeredByName: z.string() });
export type ServiceView = z.infer<typeof ServiceView>;

// Rebuilt from the shape: zod refuses to omit from a schema that has a refinement.
const ServiceFields = z.strictObject(ServiceRegistration.shape).omit({ image: true, specSha256: true });

/** A service as an operator gives it: the agent adds the image's digests and the run spec's hash. */
export const ServiceOrder = z
  .strictObject({
    ...ServiceFields.shape,
    image: z.strictObject({
      repository: ServiceImage.shape.repository,
      tag: z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/, 'a tag, e.g. latest'),
    }),
    runSpec: RunSpec,
  })
  .refine((order) => order.tenancy === 'device' || order.state === 'none', {
    path: ['tenancy'],
    message: 'a shared service keeps no state',
  });
export type ServiceOrder = z.infer<typeof ServiceOrder>;

export interface ServiceControl {
  /**
   * Makes sure that the private registry holds the image (pushes it from this cluster's engine when only that has it),
   * reads its digests, keeps the run spec and registers the service. The same order again gives the same record.
   */
  register(order: ServiceOrder, options?: CallOptions): Promise<ServiceView>;
  list(request: ListRequest, options?: CallOptions): Promise<ServiceView[]>;
  /** Takes a service without instances off the ledger; its id is not used again. Gives its last record. */
  remove(serviceId: string, options?: CallOptions): Promise<ServiceView>;
  get(serviceId: string, options?: CallOptions): Promise<ServiceView>;
}

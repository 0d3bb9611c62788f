import { BlosmContext, query, submit } from '../ledger';
import { ServiceRecord, prefixKey, serviceKey } from '../model';
import { registeredService, requireSameService } from '../rules';
import { BlosmContract, Query, Submit } from './blosm-contract';

/** The services that devices may ask for. */
export class ServiceContract extends BlosmContract {
  constructor() {
    super('ServiceContract');
  }

  /** By an agent. A service never changes: another version has another id. */
  @Submit()
  Register(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return submit(ctx, 'ServiceContract:Register', args, async (tx, registration) => {
      const { nodeId } = await tx.agent();
      const { serviceId } = registration;
      const stored = await tx.state.find(serviceKey(serviceId), ServiceRecord);
      if (stored !== undefined) {
        requireSameService(stored, registration, nodeId);
        return stored;
      }
      const service = registeredService(registration, nodeId, tx.nowMs);
      tx.put(serviceKey(serviceId), ServiceRecord, service);
      tx.emit('ServiceRegistered', { serviceId });
      return service;
    });
  }

  @Query()
  Get(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return query(ctx, 'ServiceContract:Get', args, (state, serviceId) =>
      state.get(serviceKey(serviceId), ServiceRecord),
    );
  }

  @Query()
  List(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return query(ctx, 'ServiceContract:List', args, (state, request) =>
      state.page(prefixKey('service'), ServiceRecord, request),
    );
  }
}

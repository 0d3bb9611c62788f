import { BlosmContext, query, submit } from '../ledger';
import { BlosmError, ServiceRecord, prefixKey, removedServiceKey, serviceKey } from '../model';
import { registeredService, requireSameService } from '../rules';
import { BlosmContract, Query, Submit } from './blosm-contract';
import { removeService } from './service-steps';

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
      if ((await tx.state.find(removedServiceKey(serviceId), ServiceRecord)) !== undefined) {
        throw new BlosmError('BLOSM_E_CONFLICT', `service ${serviceId} has been removed: an id is used once`);
      }
      const service = registeredService(registration, nodeId, tx.nowMs);
      tx.put(serviceKey(serviceId), ServiceRecord, service);
      tx.emit('ServiceRegistered', { serviceId });
      return service;
    });
  }

  /** By the agent that registered it, when no instance of it is left. */
  @Submit()
  Remove(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return submit(ctx, 'ServiceContract:Remove', args, removeService);
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

  /** Every version of the record with the transaction that wrote it, newest first. */
  @Query()
  History(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return query(ctx, 'ServiceContract:History', args, (state, serviceId) =>
      state.history(serviceKey(serviceId), ServiceRecord),
    );
  }
}

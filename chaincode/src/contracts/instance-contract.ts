import { BlosmContext, query, submit } from '../ledger';
import {
  BlosmError,
  InstanceRecord,
  ServiceRecord,
  instanceKey,
  prefixKey,
  removedInstanceKey,
  serviceKey,
} from '../model';
import {
  createdInstance,
  removedInstance,
  requireNotCordoned,
  requireSameInstance,
  requireSameRemoval,
} from '../rules';
import { BlosmContract, Query, Submit } from './blosm-contract';
import { claim, recover } from './instance-steps';

/** Instances: service x device, each with one owner and an epoch. */
export class InstanceContract extends BlosmContract {
  constructor() {
    super('InstanceContract');
  }

  /** By an agent, which becomes the owner; it commits before the container starts. */
  @Submit()
  Create(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return submit(ctx, 'InstanceContract:Create', args, async (tx, creation) => {
      const node = await tx.agent();
      const { nodeId } = node;
      const { instanceId, serviceId } = creation;
      const stored = await tx.state.find(instanceKey(instanceId), InstanceRecord);
      if (stored !== undefined) {
        requireSameInstance(stored, creation, nodeId);
        return stored;
      }
      if ((await tx.state.find(removedInstanceKey(instanceId), InstanceRecord)) !== undefined) {
        throw new BlosmError('BLOSM_E_CONFLICT', `instance ${instanceId} has been removed: an id is used once`);
      }
      requireNotCordoned(node);
      const service = await tx.state.get(serviceKey(serviceId), ServiceRecord);
      const instance = createdInstance(creation, service, nodeId, tx.nowMs);
      tx.put(instanceKey(instanceId), InstanceRecord, instance);
      tx.emit('InstanceCreated', { instanceId, serviceId });
      return instance;
    });
  }

  /** By the owner, after its container is gone. */
  @Submit()
  Remove(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return submit(ctx, 'InstanceContract:Remove', args, async (tx, removal) => {
      const { nodeId } = await tx.agent();
      const { instanceId } = removal;
      const gone = await tx.state.find(removedInstanceKey(instanceId), InstanceRecord);
      if (gone !== undefined) {
        requireSameRemoval(gone, removal, nodeId);
        return gone;
      }
      const stored = await tx.state.get(instanceKey(instanceId), InstanceRecord);
      const instance = removedInstance(stored, removal, nodeId, tx.nowMs);
      tx.remove(instanceKey(instanceId));
      tx.put(removedInstanceKey(instanceId), InstanceRecord, instance);
      tx.emit('InstanceRemoved', { instanceId, serviceId: instance.serviceId });
      return instance;
    });
  }

  /** By any active agent that takes new instances: a stateless one whose owner is suspended. */
  @Submit()
  Claim(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return submit(ctx, 'InstanceContract:Claim', args, claim);
  }

  /** By an operator's word through an agent: one with state whose copy is lost or whose owner is suspended. */
  @Submit()
  Recover(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return submit(ctx, 'InstanceContract:Recover', args, recover);
  }

  @Query()
  Get(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return query(ctx, 'InstanceContract:Get', args, (state, instanceId) =>
      state.get(instanceKey(instanceId), InstanceRecord),
    );
  }

  @Query()
  List(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return query(ctx, 'InstanceContract:List', args, (state, request) =>
      state.page(prefixKey('instance'), InstanceRecord, request),
    );
  }

  /** Every version of the record with the transaction that wrote it, newest first. */
  @Query()
  History(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return query(ctx, 'InstanceContract:History', args, (state, instanceId) =>
      state.history(instanceKey(instanceId), InstanceRecord),
    );
  }
}

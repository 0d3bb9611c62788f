import { BlosmContext, query, submit } from '../ledger';
import { Confirmation, ContainerMetadata, InstanceRecord, confirmationKey, instanceKey, metadataKey } from '../model';
import { confirmation, requireOwner, requireSameMetadata, sharedMetadata } from '../rules';
import { BlosmContract, Query, Submit } from './blosm-contract';

/** Container metadata: the paper's Fig. 3. */
export class MetadataContract extends BlosmContract {
  constructor() {
    super('MetadataContract');
  }

  /** By an agent, of its own containers: Algorithm 1's newTransaction. It is the sharer's own confirmation too. */
  @Submit()
  Share(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return submit(ctx, 'MetadataContract:Share', args, async (tx, share) => {
      const { nodeId } = await tx.agent();
      const { metadataId, instanceId } = share;
      const stored = await tx.state.find(metadataKey(metadataId), ContainerMetadata);
      if (stored !== undefined) {
        requireSameMetadata(stored, share, nodeId);
        return stored;
      }
      if (instanceId !== null) requireOwner(await tx.state.get(instanceKey(instanceId), InstanceRecord), nodeId);
      const metadata = sharedMetadata(share, nodeId, tx.nowMs);
      tx.put(metadataKey(metadataId), ContainerMetadata, metadata);
      tx.put(confirmationKey(metadataId, nodeId), Confirmation, confirmation(metadataId, nodeId, tx.nowMs));
      tx.emit('MetadataShared', { metadataIds: [metadataId], ...(instanceId !== null && { instanceId }) });
      return metadata;
    });
  }

  @Query()
  Get(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return query(ctx, 'MetadataContract:Get', args, (state, metadataId) =>
      state.get(metadataKey(metadataId), ContainerMetadata),
    );
  }

  /** Every version of the record with the transaction that wrote it, newest first. */
  @Query()
  History(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return query(ctx, 'MetadataContract:History', args, (state, metadataId) =>
      state.history(metadataKey(metadataId), ContainerMetadata),
    );
  }
}

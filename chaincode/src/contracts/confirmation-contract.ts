import { BlosmContext, query, submit, type Submission } from '../ledger';
import { Confirmation, ContainerMetadata, confirmationKey, metadataKey, prefixKey } from '../model';
import { confirmation } from '../rules';
import { BlosmContract, Query, Submit } from './blosm-contract';

/** "This node has seen the metadata": the paper's confirmations, a record per node. */
export class ConfirmationContract extends BlosmContract {
  constructor() {
    super('ConfirmationContract');
  }

  /** By an agent, for one or many; those that it has confirmed already stay as they are. */
  @Submit()
  Confirm(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return submit(ctx, 'ConfirmationContract:Confirm', args, async (tx, batch) => {
      const { nodeId } = await tx.agent();
      const confirmations: Confirmation[] = [];
      const added: string[] = [];
      for (const metadataId of new Set(batch.metadataIds)) {
        const stored = await findConfirmation(tx, metadataId, nodeId);
        confirmations.push(stored ?? confirmation(metadataId, nodeId, tx.nowMs));
        if (stored === undefined) added.push(metadataId);
      }
      for (const record of confirmations.filter(({ metadataId }) => added.includes(metadataId))) {
        tx.put(confirmationKey(record.metadataId, nodeId), Confirmation, record);
      }
      if (added.length > 0) tx.emit('MetadataConfirmed', { metadataIds: added });
      return confirmations;
    });
  }

  /** All confirmations of a metadata record. */
  @Query()
  List(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return query(ctx, 'ConfirmationContract:List', args, (state, metadataId) =>
      state.list(prefixKey('confirmation', metadataId), Confirmation),
    );
  }
}

async function findConfirmation(tx: Submission, metadataId: string, nodeId: string): Promise<Confirmation | undefined> {
  await tx.state.get(metadataKey(metadataId), ContainerMetadata);
  return tx.state.find(confirmationKey(metadataId, nodeId), Confirmation);
}

import type { MigrationProposal } from '../../../chaincode/src/model';
import { BlosmError, hasCode } from '../../../chaincode/src/model';
import { factsOf } from '../../domain/lane-view';
import { containerFacts } from '../container-facts';
import { orNull } from '../ledger-cache';
import type { ExecutorParts, Executors } from './index';

type LedgerSteps = Pick<Executors, 'propose' | 'hand-over' | 'abort' | 'prepare' | 'complete'>;

/** The commits of the protocol (design, section 3). All are idempotent by their ids. */
export function ledgerExecutors({ context, journal, tokens }: ExecutorParts): LedgerSteps {
  const { ledger, clock, settings } = context;
  return {
    propose: async ({ migrationId, intent, containerId }, { view, signal }) => {
      const { instance, service } = view;
      if (instance === null || service === null) throw new BlosmError('BLOSM_E_NOT_FOUND', 'the instance is gone');
      const proposal: MigrationProposal = {
        migrationId,
        instanceId: instance.instanceId,
        epoch: instance.epoch,
        strategy: intent.strategy,
        trigger: intent.trigger,
        requestedDestination: intent.requestedDestination,
        deadlineMs: clock.nowMs() + settings.deadlineMs,
        container: await containerFacts(context, service, containerId, signal),
      };
      try {
        const { transactionId } = await ledger.submit('MigrationContract:Propose', [proposal], { signal });
        return { transactionId };
      } catch (error) {
        if (!(error instanceof BlosmError) || error.retryable) throw error;
        if (hasCode(error, 'BLOSM_E_CANCELLED')) throw error;
        // A first attempt whose outcome stayed unknown has been committed meanwhile: this one is what is refused.
        const stored = await orNull(ledger.query('MigrationContract:Get', [migrationId], { signal }));
        if (stored?.sourceNodeId === ledger.nodeId) return { transactionId: null };
        // Refused for good (an open migration, a newer epoch): the intent has come to its end.
        const failure = { stage: 'propose', reason: error.message };
        await journal.appendFact(instance.instanceId, migrationId, 'failure', failure);
        return failure;
      }
    },
    'hand-over': async ({ migrationId, nodeId, configDigest }, { view, signal }) => {
      const { instance } = view;
      if (instance === null) throw new BlosmError('BLOSM_E_NOT_FOUND', 'the instance is gone');
      const { epoch, specSha256 } = instance;
      const handOver = { migrationId, epoch, destinationNodeId: nodeId, configDigest, specSha256 };
      const { transactionId } = await ledger.submit('MigrationContract:HandOver', [handOver], { signal });
      return { transactionId };
    },
    abort: async ({ migrationId, stage, reason }, { view, lane, signal }) => {
      // Decided once: if the ledger cannot be reached now, the source does not go on with the migration later.
      if (factsOf(view, migrationId).failure === null) {
        // Without it the ledger decides: Abort and HandOver write the same key.
        await journal.appendFact(lane.instanceId, migrationId, 'failure', { stage, reason }).catch(unlessJournal);
      }
      const { transactionId } = await ledger.submit('MigrationContract:Abort', [{ migrationId, stage, reason }], {
        signal,
      });
      return { transactionId };
    },
    prepare: async ({ migrationId, containerId, configDigest }, { view, signal }) => {
      const specSha256 = view.migration?.record.specSha256 ?? '';
      const preparation = { migrationId, containerId, configDigest, specSha256 };
      const { transactionId } = await ledger.submit('MigrationContract:Prepare', [preparation], { signal });
      return { transactionId };
    },
    complete: async ({ migrationId }, { view, signal }) => {
      const { instance, migration } = view;
      const isSeen = instance !== null && migration !== null;
      const tokenSha256 = isSeen ? await tokens.completionOf(migration.record, instance, signal) : null;
      const completion = { migrationId, tokenSha256 };
      const { transactionId } = await ledger.submit('MigrationContract:Complete', [completion], { signal });
      return { transactionId };
    },
  };
}

/** A disk without room keeps no service from being served again. @throws anything that is not BLOSM_E_JOURNAL */
function unlessJournal(error: unknown): void {
  if (!hasCode(error, 'BLOSM_E_JOURNAL')) throw error;
}

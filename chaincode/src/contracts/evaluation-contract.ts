import { BlosmContext, query, submit } from '../ledger';
import {
  Confirmation,
  ContainerMetadata,
  Evaluation,
  confirmationKey,
  evaluationKey,
  metadataKey,
  prefixKey,
} from '../model';
import { confirmation, evaluation, requireNotCordoned, requireOpenOffer, requireSameEvaluation } from '../rules';
import { BlosmContract, Query, Submit } from './blosm-contract';

/** What a node answers to shared metadata: the paper's migrationRequest(source_ip, flag). */
export class EvaluationContract extends BlosmContract {
  constructor() {
    super('EvaluationContract');
  }

  /** By an agent (commit 2): its confirmation, if it has not given it yet, and its verdict. */
  @Submit()
  Submit(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return submit(ctx, 'EvaluationContract:Submit', args, async (tx, submission) => {
      const node = await tx.agent();
      const { nodeId } = node;
      const { metadataId } = submission;
      const metadata = await tx.state.get(metadataKey(metadataId), ContainerMetadata);
      const stored = await tx.state.find(evaluationKey(metadataId, nodeId), Evaluation);
      if (stored !== undefined) {
        requireSameEvaluation(stored, submission);
        return stored;
      }
      if (submission.verdict) requireNotCordoned(node);
      requireOpenOffer(submission, tx.nowMs);
      const record = evaluation(submission, metadata.container.sourceIp, nodeId, tx.nowMs);
      tx.put(evaluationKey(metadataId, nodeId), Evaluation, record);
      if ((await tx.state.find(confirmationKey(metadataId, nodeId), Confirmation)) === undefined) {
        tx.put(confirmationKey(metadataId, nodeId), Confirmation, confirmation(metadataId, nodeId, tx.nowMs));
      }
      tx.emit('EvaluationSubmitted', { metadataIds: [metadataId] });
      return record;
    });
  }

  /** All evaluations of a metadata record. */
  @Query()
  List(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return query(ctx, 'EvaluationContract:List', args, (state, metadataId) =>
      state.list(prefixKey('evaluation', metadataId), Evaluation),
    );
  }
}

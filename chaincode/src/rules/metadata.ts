import {
  BlosmError,
  SCHEMA_VERSION,
  type Confirmation,
  type ContainerMetadata,
  type Evaluation,
  type EvaluationSubmission,
  type MetadataShare,
} from '../model';
import { requireSame } from './same-content';

export function sharedMetadata(share: MetadataShare, nodeId: string, nowMs: number): ContainerMetadata {
  return { v: SCHEMA_VERSION, type: 'metadata', ...share, nodeId, sharedAtMs: nowMs };
}

/** @throws BlosmError BLOSM_E_CONFLICT when the stored metadata is not this share by this node */
export function requireSameMetadata(stored: ContainerMetadata, share: MetadataShare, nodeId: string): void {
  requireSame(`metadata ${share.metadataId}`, stored, sharedMetadata(share, nodeId, stored.sharedAtMs));
}

export function confirmation(metadataId: string, nodeId: string, nowMs: number): Confirmation {
  return { v: SCHEMA_VERSION, type: 'confirmation', metadataId, nodeId, confirmedAtMs: nowMs };
}

/** The evaluation goes back to the container's source: the paper's migrationRequest(meta.source_ip, result). */
export function evaluation(
  submission: EvaluationSubmission,
  sourceIp: string,
  nodeId: string,
  nowMs: number,
): Evaluation {
  return { v: SCHEMA_VERSION, type: 'evaluation', ...submission, sourceIp, nodeId, evaluatedAtMs: nowMs };
}

/** @throws BlosmError BLOSM_E_CONFLICT when the stored evaluation says something else */
export function requireSameEvaluation(stored: Evaluation, submission: EvaluationSubmission): void {
  const again = evaluation(submission, stored.sourceIp, stored.nodeId, stored.evaluatedAtMs);
  requireSame(`the evaluation of ${submission.metadataId} by ${stored.nodeId}`, stored, again);
}

/** @throws BlosmError BLOSM_E_INVALID_ARGUMENT when the offer has ended before it is made */
export function requireOpenOffer(submission: EvaluationSubmission, nowMs: number): void {
  const { offerExpiresAtMs } = submission;
  if (offerExpiresAtMs !== null && offerExpiresAtMs <= nowMs) {
    throw new BlosmError('BLOSM_E_INVALID_ARGUMENT', 'offerExpiresAtMs: the offer would have ended before it is made');
  }
}

import type { ProposalResponse, Session } from '../../../agent/adapters/fabric-grpc';
import { protos } from '../../../agent/adapters/fabric-grpc';
import type { CallProposal } from '../../../agent/adapters/fabric-grpc';

const { common, protos: messages } = protos;

/**
 * Makes the envelope for the orderer without an SDK.
 * @param responses endorsements with one and the same payload that satisfy the policy
 */
export function assembleEnvelope(
  { signer }: Pick<Session, 'signer'>,
  proposal: CallProposal,
  responses: readonly [ProposalResponse, ...ProposalResponse[]],
): Uint8Array {
  const signed = messages.SignedProposal.decode(proposal.bytes);
  const { header, payload } = messages.Proposal.decode(signed.proposal_bytes);
  const { signature_header: creator } = common.Header.decode(header);
  const { input } = messages.ChaincodeProposalPayload.decode(payload);
  const action = messages.ChaincodeActionPayload.encode({
    // What was transient stays out of the transaction.
    chaincode_proposal_payload: messages.ChaincodeProposalPayload.encode({ input }).finish(),
    action: {
      proposal_response_payload: responses[0].payload,
      endorsements: responses.flatMap(({ endorsement }) => (endorsement ? [endorsement] : [])),
    },
  }).finish();
  const data = messages.Transaction.encode({ actions: [{ header: creator, payload: action }] }).finish();
  const bytes = common.Payload.encode({ header: common.Header.decode(header), data }).finish();
  return common.Envelope.encode({ payload: bytes, signature: signer.sign(bytes) }).finish();
}

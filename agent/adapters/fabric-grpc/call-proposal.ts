import { newHeader } from './headers';
import { protos } from './protos';
import type { Session } from './session';

/** A signed call of a chaincode, ready to be sent to any number of peers. */
export interface CallProposal {
  /** 64 hexadecimal digits. */
  readonly transactionId: string;
  /** Fabric's `SignedProposal`. */
  readonly bytes: Uint8Array;
}

const NODE = protos.protos.ChaincodeSpec.Type.NODE;

/** Builds and signs a call of a chaincode, with a transaction id of its own. */
export function newCallProposal(
  session: Session,
  chaincode: string,
  name: string,
  args: readonly string[],
): CallProposal {
  const { transactionId, header } = newHeader(session, {
    type: protos.common.HeaderType.ENDORSER_TRANSACTION,
    chaincode,
  });
  const words = [name, ...args].map((word) => Buffer.from(word));
  const input = protos.protos.ChaincodeInvocationSpec.encode({
    chaincode_spec: { type: NODE, chaincode_id: { name: chaincode }, input: { args: words } },
  }).finish();
  const proposal = protos.protos.Proposal.encode({
    header: protos.common.Header.encode(header).finish(),
    payload: protos.protos.ChaincodeProposalPayload.encode({ input }).finish(),
  }).finish();
  const signed = { proposal_bytes: proposal, signature: session.signer.sign(proposal) };
  return { transactionId, bytes: protos.protos.SignedProposal.encode(signed).finish() };
}

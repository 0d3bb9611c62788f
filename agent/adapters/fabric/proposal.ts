import { protos } from '../fabric-grpc';
import type { CallProposal, ProposalResponse } from '../fabric-grpc';
import { ServiceHandler } from './sdk';
import type { Endorsement, IdentityContext } from './sdk';
import type { SdkSession } from './sdk-session';

/** A proposal of which the SDK makes a transaction. */
export interface SignedProposal extends CallProposal {
  readonly endorsement: Endorsement;
  readonly identity: IdentityContext;
}

/** Builds and signs a call of a chaincode, with a transaction id of its own. */
export function newProposal(
  session: SdkSession,
  chaincode: string,
  name: string,
  args: readonly string[],
): SignedProposal {
  const identity = session.identity.calculateTransactionId();
  const endorsement = session.sdkChannel.newEndorsement(chaincode);
  endorsement.build(identity, { fcn: name, args: [...args], generateTransactionId: false });
  endorsement.sign(identity);
  const signed = endorsement.getSignedProposal() as protos.protos.ISignedProposal;
  return {
    transactionId: identity.transactionId,
    bytes: protos.protos.SignedProposal.encode(signed).finish(),
    endorsement,
    identity,
  };
}

/**
 * Builds and signs the envelope for the orderer.
 * @param responses endorsements with one and the same payload that satisfy the policy
 */
export async function newEnvelope(
  proposal: SignedProposal,
  responses: readonly ProposalResponse[],
): Promise<Uint8Array> {
  await proposal.endorsement.send({ handler: new GatheredResponses(responses) });
  const commit = proposal.endorsement.newCommit();
  commit.build(proposal.identity);
  commit.sign(proposal.identity);
  return protos.common.Envelope.encode(commit.getSignedEnvelope() as protos.common.IEnvelope).finish();
}

/** The SDK's place for one's own way of endorsing: hands it the endorsements that are there already. */
class GatheredResponses extends ServiceHandler {
  constructor(private readonly responses: readonly ProposalResponse[]) {
    super();
  }

  override endorse(): Promise<ProposalResponse[]> {
    return Promise.resolve([...this.responses]);
  }
}

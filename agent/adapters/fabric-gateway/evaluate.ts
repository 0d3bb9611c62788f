import { abortableCall } from '../fabric-grpc';
import type { ContractCall, Deadline, Session } from '../fabric-grpc';
import { evaluateError } from './gateway-failure';
import type { Contract } from './sdk';

/**
 * Evaluates a call on a peer of the own organisation.
 * @throws BlosmError the contract's code, BLOSM_E_FORBIDDEN, BLOSM_E_LEDGER_UNREACHABLE, BLOSM_E_PREREQUISITE
 */
export async function evaluateByGateway(
  session: Session,
  contract: Contract,
  call: ContractCall,
  deadline: Deadline,
): Promise<Uint8Array> {
  const proposal = contract.newProposal(call.name, {
    arguments: [...call.args],
    // Else the peer may ask another organisation's, which could answer what it likes.
    endorsingOrganizations: [session.mspId],
  });
  try {
    return await proposal.evaluate(abortableCall(deadline.leftMs, deadline.signal));
  } catch (error) {
    throw evaluateError(session, call.name, error);
  }
}

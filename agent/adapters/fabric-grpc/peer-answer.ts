import { findErrorInText } from '../../../chaincode/src/model';
import type { ErrorCode } from '../../../chaincode/src/model';
import { reasonOf } from './rpc-node';
import type { RpcNode } from './rpc-node';
import { protos } from './protos';

export type ProposalResponse = protos.protos.ProposalResponse;

/** What one peer says to a proposal. */
export type PeerAnswer =
  | { readonly kind: 'endorsed'; readonly response: ProposalResponse }
  /** The contract refused. */
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string }
  /** The peer does not let this identity in: no other peer will either. */
  | { readonly kind: 'denied'; readonly reason: string }
  /** Not reached, or it could not run the chaincode. */
  | { readonly kind: 'failed'; readonly reason: string };

const PROCESS_PROPOSAL = '/protos.Endorser/ProcessProposal';
/** From here on a chaincode's status means refusal (Fabric, shim.ERRORTHRESHOLD). */
const REFUSED_FROM_STATUS = 400;
const DENIED = /access denied|creator.*(malformed|not valid|unknown)|identity.*expired|certificate has expired/i;

/** Sends a proposal to one peer. Never throws: what goes wrong is an answer too. */
export async function askPeer(
  node: RpcNode,
  proposal: { readonly bytes: Uint8Array },
  timeoutMs: number,
  signal: AbortSignal,
): Promise<PeerAnswer> {
  try {
    const bytes = await node.unary(PROCESS_PROPOSAL, proposal.bytes, timeoutMs, signal);
    return readAnswer(protos.protos.ProposalResponse.decode(bytes));
  } catch (error) {
    return classifyText(reasonOf(error));
  }
}

export function readAnswer(response: ProposalResponse): PeerAnswer {
  const { status, message } = response.response ?? {};
  const isGood = status !== undefined && status !== null && status > 0 && status < REFUSED_FROM_STATUS;
  return isGood ? { kind: 'endorsed', response } : classifyText(message ?? '');
}

function classifyText(text: string): PeerAnswer {
  const found = findErrorInText(text);
  if (found !== undefined) return { kind: 'refused', ...found };
  return { kind: isDenied(text) ? 'denied' : 'failed', reason: text === '' ? 'an empty answer' : text };
}

/** True when a peer says that this identity may not do this: asking again or elsewhere cannot help. */
export function isDenied(text: string): boolean {
  return DENIED.test(text);
}

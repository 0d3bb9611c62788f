import { protos } from './protos';

/** What is inside an envelope of a chaincode call. */
export interface OpenedEnvelope {
  readonly header: protos.common.ChannelHeader;
  readonly creatorMspId: string;
  /** Null for what is not a chaincode call, e.g. a configuration. */
  readonly call: OpenedCall | null;
}

export interface OpenedCall {
  /** The function's name and its arguments. */
  readonly words: readonly string[];
  readonly endorserMspIds: readonly string[];
  /** What the chaincode did: its response, its event. */
  readonly action: protos.protos.ChaincodeAction;
}

const CHAINCODE_CALL: number = protos.common.HeaderType.ENDORSER_TRANSACTION;
const NOTHING = new Uint8Array();

/** Opens an envelope as it lies in a block. @throws Error of protobufjs for bytes that are no envelope */
export function openEnvelope(envelope: protos.common.IEnvelope): OpenedEnvelope {
  const payload = protos.common.Payload.decode(envelope.payload ?? NOTHING);
  const header = protos.common.ChannelHeader.decode(payload.header?.channel_header ?? NOTHING);
  const { creator } = protos.common.SignatureHeader.decode(payload.header?.signature_header ?? NOTHING);
  const isCall = header.type === CHAINCODE_CALL;
  return { header, creatorMspId: mspIdOf(creator), call: isCall ? openCall(payload.data) : null };
}

function openCall(data: Uint8Array): OpenedCall {
  // Fabric allows exactly one action in a transaction.
  const [first] = protos.protos.Transaction.decode(data).actions;
  const payload = protos.protos.ChaincodeActionPayload.decode(first?.payload ?? NOTHING);
  const endorsed = payload.action;
  const response = protos.protos.ProposalResponsePayload.decode(endorsed?.proposal_response_payload ?? NOTHING);
  const proposal = protos.protos.ChaincodeProposalPayload.decode(payload.chaincode_proposal_payload);
  const invocation = protos.protos.ChaincodeInvocationSpec.decode(proposal.input);
  return {
    words: (invocation.chaincode_spec?.input?.args ?? []).map((word) => Buffer.from(word).toString('utf8')),
    endorserMspIds: (endorsed?.endorsements ?? []).map((each) => mspIdOf(each.endorser ?? NOTHING)),
    action: protos.protos.ChaincodeAction.decode(response.extension),
  };
}

/** When the client made it, in milliseconds since 1970. */
export function timestampMsOf({ timestamp }: protos.common.ChannelHeader): number {
  return Number(timestamp?.seconds ?? 0) * 1000 + Math.floor((timestamp?.nanos ?? 0) / 1_000_000);
}

function mspIdOf(serializedIdentity: Uint8Array): string {
  return protos.msp.SerializedIdentity.decode(serializedIdentity).mspid;
}

import { protos } from '../../../../agent/adapters/fabric-grpc/protos';

export interface CallFacts {
  readonly transactionId: string;
  readonly words: readonly string[];
  readonly event?: { readonly chaincode: string; readonly payload: unknown };
  readonly endorsers?: readonly string[];
}

const identityBytes = (mspid: string) =>
  protos.msp.SerializedIdentity.encode({ mspid, id_bytes: Buffer.from('certificate') }).finish();

/** An envelope of a chaincode call as it lies in a block. */
export function callEnvelope({ transactionId, words, event, endorsers = [] }: CallFacts): protos.common.IEnvelope {
  const events =
    event === undefined
      ? new Uint8Array()
      : protos.protos.ChaincodeEvent.encode({
          chaincode_id: event.chaincode,
          tx_id: transactionId,
          payload: Buffer.from(typeof event.payload === 'string' ? event.payload : JSON.stringify(event.payload)),
        }).finish();
  const extension = protos.protos.ChaincodeAction.encode({ events }).finish();
  const input = protos.protos.ChaincodeInvocationSpec.encode({
    chaincode_spec: { input: { args: words.map((word) => Buffer.from(word)) } },
  }).finish();
  const payload = protos.protos.ChaincodeActionPayload.encode({
    chaincode_proposal_payload: protos.protos.ChaincodeProposalPayload.encode({ input }).finish(),
    action: {
      proposal_response_payload: protos.protos.ProposalResponsePayload.encode({ extension }).finish(),
      endorsements: endorsers.map((mspId) => ({ endorser: identityBytes(mspId) })),
    },
  }).finish();
  const data = protos.protos.Transaction.encode({ actions: [{ payload }] }).finish();
  return envelope(protos.common.HeaderType.ENDORSER_TRANSACTION, transactionId, data);
}

export function configEnvelope(): protos.common.IEnvelope {
  return envelope(protos.common.HeaderType.CONFIG, '', new Uint8Array());
}

function envelope(type: protos.common.HeaderType, transactionId: string, data: Uint8Array): protos.common.IEnvelope {
  const channelHeader = { type, tx_id: transactionId, timestamp: { seconds: 1_700_000_000, nanos: 123_456_789 } };
  const header = {
    channel_header: protos.common.ChannelHeader.encode(channelHeader).finish(),
    signature_header: protos.common.SignatureHeader.encode({ creator: identityBytes('Edge1MSP') }).finish(),
  };
  return { payload: protos.common.Payload.encode({ header, data }).finish(), signature: Buffer.from('signature') };
}

/** A block with one validation code for each envelope. */
export function blockOf(
  number: number,
  content: readonly (readonly [protos.common.IEnvelope | Uint8Array, number])[],
): protos.common.IBlock {
  const bytes = content.map(([each]) =>
    each instanceof Uint8Array ? each : protos.common.Envelope.encode(each).finish(),
  );
  return {
    header: { number },
    data: { data: bytes },
    metadata: { metadata: [new Uint8Array(), new Uint8Array(), Buffer.from(content.map(([, code]) => code))] },
  };
}

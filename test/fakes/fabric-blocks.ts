import { protos } from '../../agent/adapters/fabric-grpc/protos';

export interface CallFacts {
  readonly transactionId: string;
  readonly words: readonly string[];
  readonly event?: { readonly chaincode: string; readonly payload: unknown };
  readonly endorsers?: readonly string[];
  /** What the contract gave back. */
  readonly result?: string;
  /** Fabric's `SerializedIdentity`. */
  readonly creator?: Uint8Array;
  readonly timestampMs?: number;
  readonly channel?: string;
}

/** Fabric's `SerializedIdentity` of somebody whose certificate nobody will read. */
const identityBytes = (mspid: string) =>
  protos.msp.SerializedIdentity.encode({ mspid, id_bytes: Buffer.from('certificate') }).finish();

/** An envelope of a chaincode call as it lies in a block. */
export function callEnvelope(facts: CallFacts): protos.common.IEnvelope {
  const { transactionId, words, event, endorsers = [], result = '' } = facts;
  const events =
    event === undefined
      ? new Uint8Array()
      : protos.protos.ChaincodeEvent.encode({
          chaincode_id: event.chaincode,
          tx_id: transactionId,
          payload: Buffer.from(typeof event.payload === 'string' ? event.payload : JSON.stringify(event.payload)),
        }).finish();
  const response = { status: 200, payload: Buffer.from(result) };
  const extension = protos.protos.ChaincodeAction.encode({ events, response }).finish();
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
  return envelope(protos.common.HeaderType.ENDORSER_TRANSACTION, data, facts);
}

export function configEnvelope(): protos.common.IEnvelope {
  return envelope(protos.common.HeaderType.CONFIG, new Uint8Array(), { transactionId: '' });
}

function envelope(
  type: protos.common.HeaderType,
  data: Uint8Array,
  facts: Pick<CallFacts, 'transactionId' | 'creator' | 'timestampMs' | 'channel'>,
): protos.common.IEnvelope {
  const { transactionId, creator = identityBytes('Edge1MSP'), timestampMs = 1_700_000_000_123, channel = '' } = facts;
  // Not whole milliseconds: nobody has such a clock.
  const timestamp = { seconds: Math.floor(timestampMs / 1000), nanos: (timestampMs % 1000) * 1_000_000 + 456_789 };
  const channelHeader = { type, tx_id: transactionId, timestamp, channel_id: channel };
  const header = {
    channel_header: protos.common.ChannelHeader.encode(channelHeader).finish(),
    signature_header: protos.common.SignatureHeader.encode({ creator }).finish(),
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

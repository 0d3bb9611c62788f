import { X509Certificate, createHash, verify } from 'node:crypto';
import { protos } from '../../agent/adapters/fabric-grpc/protos';
import type { TestIdentity } from '../support/identity';

/** A caller whose signature holds. */
export interface ProvenCaller {
  readonly identity: TestIdentity;
  /** As it stands in the header. */
  readonly creator: Uint8Array;
}

/** Reads a creator and checks its signature, as a peer does. @throws Error `access denied` */
export function proveCaller(creator: Uint8Array, message: Uint8Array, signature: Uint8Array): ProvenCaller {
  const { mspid, id_bytes } = protos.msp.SerializedIdentity.decode(creator);
  const certificatePem = Buffer.from(id_bytes).toString('utf8');
  const certificate = new X509Certificate(certificatePem);
  if (!verify('sha256', message, certificate.publicKey, signature)) throw new Error('access denied: bad signature');
  const digest = createHash('sha256').update(certificate.raw).digest('hex');
  return { creator, identity: { mspId: mspid, certificatePem, certificateSha256: `sha256:${digest}` } };
}

/** A call of a chaincode as a peer unpacks it. */
export interface OpenedProposal extends ProvenCaller {
  readonly transactionId: string;
  readonly timestampMs: number;
  readonly words: readonly string[];
}

/** Unpacks Fabric's `SignedProposal` and checks its signature. */
export function openProposal(bytes: Uint8Array): OpenedProposal {
  const { proposal_bytes, signature } = protos.protos.SignedProposal.decode(bytes);
  const proposal = protos.protos.Proposal.decode(proposal_bytes);
  const header = protos.common.Header.decode(proposal.header);
  const { tx_id, timestamp } = protos.common.ChannelHeader.decode(header.channel_header);
  const { creator } = protos.common.SignatureHeader.decode(header.signature_header);
  return {
    ...proveCaller(creator, proposal_bytes, signature),
    transactionId: tx_id,
    timestampMs: Number(timestamp?.seconds ?? 0) * 1000 + Math.floor((timestamp?.nanos ?? 0) / 1_000_000),
    words: wordsOf(proposal.payload),
  };
}

function wordsOf(payload: Uint8Array): readonly string[] {
  const { input } = protos.protos.ChaincodeProposalPayload.decode(payload);
  const { chaincode_spec } = protos.protos.ChaincodeInvocationSpec.decode(input);
  return (chaincode_spec?.input?.args ?? []).map((word) => Buffer.from(word).toString('utf8'));
}

/** What a signed envelope holds, and who signed it. */
export interface OpenedRequest extends ProvenCaller {
  readonly transactionId: string;
  readonly data: Uint8Array;
}

export function openRequest(bytes: Uint8Array): OpenedRequest {
  const { payload, signature } = protos.common.Envelope.decode(bytes);
  const { header, data } = protos.common.Payload.decode(payload);
  const { creator } = protos.common.SignatureHeader.decode(header?.signature_header ?? new Uint8Array());
  const { tx_id } = protos.common.ChannelHeader.decode(header?.channel_header ?? new Uint8Array());
  return { ...proveCaller(creator, payload, signature), transactionId: tx_id, data };
}

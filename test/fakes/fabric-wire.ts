import { createHash, verify, X509Certificate } from 'node:crypto';
import { Metadata, status } from '@grpc/grpc-js';
import type { ServiceDefinition, StatusObject } from '@grpc/grpc-js';
import { protos } from '../../agent/adapters/fabric-grpc/protos';

/** A transaction as the fakes order it. */
export interface OrderedTransaction {
  readonly id: string;
  /** Fabric's `TxValidationCode`; 0: valid. */
  readonly code: number;
}

export interface OrderedBlock {
  readonly number: number;
  readonly transactions: readonly OrderedTransaction[];
}

const identity = (bytes: Buffer): Buffer => bytes;

const method = (path: string, isStream: boolean): ServiceDefinition[string] => ({
  path,
  requestStream: isStream,
  responseStream: isStream,
  requestSerialize: identity,
  requestDeserialize: identity,
  responseSerialize: identity,
  responseDeserialize: identity,
});

/** The services of a peer, as bytes in and bytes out. */
export const DELIVER = { DeliverFiltered: method('/protos.Deliver/DeliverFiltered', true) };
export const ENDORSER = { ProcessProposal: method('/protos.Endorser/ProcessProposal', false) };
export const GATEWAY = { CommitStatus: method('/gateway.Gateway/CommitStatus', false) };

export function refusal(code: status, details: string): StatusObject & Error {
  return Object.assign(new Error(details), { code, details, metadata: new Metadata() });
}

/** Throws unless the bytes were signed by whom they name. @param creator a `SerializedIdentity` */
export function checkSignature(message: Uint8Array, signature: Uint8Array, creator: Uint8Array): void {
  const { id_bytes } = protos.msp.SerializedIdentity.decode(creator);
  const { publicKey } = new X509Certificate(Buffer.from(id_bytes));
  if (verify('sha256', message, publicKey, signature)) return;
  throw refusal(status.PERMISSION_DENIED, 'access denied: the signature is not valid');
}

/** Where a client wants to begin: a block's number, or the newest. */
export function readSeek(bytes: Buffer): number | 'newest' {
  const { payload, signature } = protos.common.Envelope.decode(bytes);
  const { header, data } = protos.common.Payload.decode(payload);
  const { creator } = protos.common.SignatureHeader.decode(header?.signature_header ?? new Uint8Array());
  checkSignature(payload, signature, creator);
  const { start } = protos.orderer.SeekInfo.decode(data);
  return start?.specified ? Number(start.specified.number) : 'newest';
}

export function encodeFilteredBlock({ number, transactions }: OrderedBlock): Buffer {
  const filtered_transactions = transactions.map(({ id, code }) => ({ txid: id, tx_validation_code: code }));
  const response = { filtered_block: { channel_id: 'blosm', number, filtered_transactions } };
  return Buffer.from(protos.protos.DeliverResponse.encode(response).finish());
}

/** The function and the arguments of a call, e.g. `GetTransactionByID`, `[channel, id]`. */
export function readCall(bytes: Buffer): { readonly name: string; readonly args: readonly string[] } {
  const { proposal_bytes, signature } = protos.protos.SignedProposal.decode(bytes);
  const { header, payload } = protos.protos.Proposal.decode(proposal_bytes);
  const { signature_header } = protos.common.Header.decode(header);
  checkSignature(proposal_bytes, signature, protos.common.SignatureHeader.decode(signature_header).creator);
  const { input } = protos.protos.ChaincodeProposalPayload.decode(payload);
  const words = protos.protos.ChaincodeInvocationSpec.decode(input).chaincode_spec?.input?.args ?? [];
  const [name = '', ...args] = words.map((word) => Buffer.from(word).toString('utf8'));
  return { name, args };
}

export function encodeAnswer(payload: Uint8Array): Buffer {
  return Buffer.from(protos.protos.ProposalResponse.encode({ response: { status: 200, payload } }).finish());
}

export function encodeRefusal(message: string): Buffer {
  return Buffer.from(protos.protos.ProposalResponse.encode({ response: { status: 500, message } }).finish());
}

/** A block as qscc gives it; the genesis block's hash tells networks apart. */
export function encodeBlock(number: number, network: string): Uint8Array {
  const data_hash = createHash('sha256').update(network).digest();
  return protos.common.Block.encode({ header: { number, previous_hash: new Uint8Array(), data_hash } }).finish();
}

/** Reads a signed request for a commit status; it is said field by field, so that it checks the product's writer. */
export function readCommitStatusRequest(bytes: Buffer): { readonly transactionId: string } {
  const { payload, signature } = protos.common.Envelope.decode(bytes);
  const [transactionId, channel, creator] = readFields(Buffer.from(payload));
  if (creator === undefined) throw refusal(status.INVALID_ARGUMENT, 'an identity is needed');
  checkSignature(payload, signature, creator);
  if (String(channel) !== 'blosm') throw refusal(status.NOT_FOUND, `channel not found: ${String(channel)}`);
  return { transactionId: String(transactionId) };
}

/** The contents of fields 1, 2, 3, ... that are all of length and bytes. */
function readFields(bytes: Buffer): Buffer[] {
  const fields: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at];
    if (tag !== ((fields.length + 1) << 3) + 2) throw refusal(status.INVALID_ARGUMENT, `unexpected tag ${tag}`);
    let length = 0;
    let more = true;
    for (let shift = 0; more; shift += 7) {
      at += 1;
      length |= ((bytes[at] ?? 0) & 0x7f) << shift;
      more = (bytes[at] ?? 0) >= 0x80;
    }
    fields.push(bytes.subarray(at + 1, at + 1 + length));
    at += 1 + length;
  }
  return fields;
}

/** Two numbers: field 1 the code, field 2 the block. */
export function encodeCommitStatus(code: number, blockNumber: number): Buffer {
  return Buffer.from([...(code === 0 ? [] : [0x08, ...varint(code)]), 0x10, ...varint(blockNumber)]);
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

import { protos } from './protos';

/**
 * The messages of `gateway.Gateway/CommitStatus` (Fabric 2.4 and later), which the package of messages is too old for.
 * Of protobuf's wire format they need two kinds of fields: lengths with bytes, and numbers.
 */

/** What is asked: field 1 the transaction, 2 the channel, 3 who asks (a `SerializedIdentity`). */
export interface CommitStatusRequest {
  readonly transactionId: string;
  readonly channel: string;
  readonly identity: Uint8Array;
}

/** What is answered: field 1 Fabric's `TxValidationCode`, 2 the block. */
export interface CommitStatusResponse {
  readonly validationCode: number;
  readonly blockNumber: number;
}

const NUMBER = 0;
const BYTES = 2;

/** @param sign over the bytes of the request */
export function encodeSignedCommitStatusRequest(
  { transactionId, channel, identity }: CommitStatusRequest,
  sign: (message: Uint8Array) => Uint8Array,
): Uint8Array {
  const fields = [Buffer.from(transactionId), Buffer.from(channel), identity];
  const payload = Buffer.concat(fields.map((bytes, index) => bytesField(index + 1, bytes)));
  // `SignedCommitStatusRequest` has the two fields of an envelope.
  return protos.common.Envelope.encode({ payload, signature: sign(payload) }).finish();
}

/** @throws RangeError for bytes that end too soon, have a field of another kind or name no block */
export function decodeCommitStatusResponse(bytes: Uint8Array): CommitStatusResponse {
  const numbers = new Map<number, number>();
  const reader = { bytes, at: 0 };
  while (reader.at < bytes.length) {
    const tag = readVarint(reader);
    const kind = tag % 8;
    const value = readVarint(reader);
    if (kind === NUMBER) numbers.set(Math.floor(tag / 8), value);
    else if (kind === BYTES) reader.at += value;
    else throw new RangeError(`a commit status has a field of kind ${kind}`);
  }
  const blockNumber = numbers.get(2) ?? 0;
  // The first block holds the channel's configuration alone: an empty answer is none.
  if (blockNumber === 0) throw new RangeError('a commit status names no block');
  // A field that is 0 is left out.
  return { validationCode: numbers.get(1) ?? 0, blockNumber };
}

function bytesField(field: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([varint(field * 8 + BYTES), varint(bytes.length), bytes]);
}

/** Seven bits a byte, the lowest first; the top bit says that more follow. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return Buffer.from([...bytes, rest]);
}

function readVarint(reader: { readonly bytes: Uint8Array; at: number }): number {
  let value = 0;
  for (let weight = 1; ; weight *= 0x80) {
    const byte = reader.bytes[reader.at];
    if (byte === undefined) throw new RangeError('a commit status ends too soon');
    reader.at += 1;
    value += (byte % 0x80) * weight;
    if (byte < 0x80) return value;
  }
}

import { createHash } from 'node:crypto';

/** The header of a block, as far as its hash goes. */
export interface BlockHeaderFields {
  readonly number: number;
  readonly previousHash: Uint8Array;
  readonly dataHash: Uint8Array;
}

/**
 * A header as it is hashed and signed: the DER of SEQUENCE { number INTEGER, previousHash OCTET STRING, dataHash OCTET
 * STRING } (Fabric, protoutil/blockutils.go).
 */
export function blockHeaderDer(header: BlockHeaderFields): Buffer {
  const body = Buffer.concat([
    element(0x02, integerBytes(header.number)),
    element(0x04, header.previousHash),
    element(0x04, header.dataHash),
  ]);
  return element(0x30, body);
}

/** The hash of a block, which the next one carries as its previous hash. @returns 64 hexadecimal digits */
export function blockHeaderSha256(header: BlockHeaderFields): string {
  return sha256Hex(blockHeaderDer(header));
}

export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function element(tag: number, content: Uint8Array): Buffer {
  // Hashes are at most 64 bytes each, so that two bytes of length are enough.
  const length = content.length < 0x80 ? [content.length] : [0x81, content.length];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

function integerBytes(value: number): Buffer {
  const digits = value.toString(16);
  const bytes = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
  return (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
}

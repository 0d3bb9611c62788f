import type { RawBlock } from '../fabric-grpc/blocks';
import { ByteReader } from './byte-reader';

/**
 * Reads a block as peers and orderers store it (Fabric, common/ledger/blkstorage/block_serialization.go; the same from
 * 2.1 to 3.1): number, data hash, previous hash; the transactions; the metadata; each list after its length.
 * @throws Error when the bytes are no block, or more than one
 */
export function readStoredBlock(bytes: Uint8Array): RawBlock {
  const reader = new ByteReader(bytes);
  const number = reader.varint();
  const dataHash = reader.lengthAndBytes();
  const previousHash = reader.lengthAndBytes();
  const envelopes = list(reader, bytes.length);
  const metadata = list(reader, bytes.length);
  if (!reader.isAtEnd) throw new Error(`${bytes.length - reader.offset} bytes are left over`);
  return { number, previousHash, dataHash, envelopes, metadata, sizeBytes: bytes.length };
}

function list(reader: ByteReader, sizeBytes: number): Uint8Array[] {
  const count = reader.varint();
  if (count > sizeBytes) throw new Error(`a list of ${count} entries in ${sizeBytes} bytes`);
  return Array.from({ length: count }, () => reader.lengthAndBytes());
}

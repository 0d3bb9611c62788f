import { createHash } from 'node:crypto';
import type { BlockFacts } from '../../../domain/chain-facts';
import { blockHeaderDer, sha256Hex } from '../block-hash';
import { protos } from '../protos';
import { readOrdererConfig } from './orderer-config';
import type { RawBlock } from './raw-block';
import { SignerReader } from './signer-reader';

const { SIGNATURES, LAST_CONFIG, TRANSACTIONS_FILTER, ORDERER, COMMIT_HASH } = protos.common.BlockMetadataIndex;
const COMMIT_HASH_BYTES = 32;
const ODD_SIGNATURES = 'its signatures are not written as an orderer writes them';
const NOTHING = new Uint8Array();

/** Computes what is judged of blocks. One for a chain: it remembers the certificates that it has read. */
export class BlockFactsReader {
  readonly #signers = new SignerReader();

  /** @throws Error of protobufjs for metadata or a configuration that cannot be decoded */
  read(block: RawBlock): BlockFacts {
    const headerDer = blockHeaderDer(block);
    const dataSha256 = hex(block.dataHash);
    const computedDataSha256 = dataHashOf(block.envelopes);
    const signatures = protos.common.Metadata.decode(metadataOf(block, SIGNATURES));
    const signed = protos.common.OrdererBlockMetadata.decode(signatures.value);
    const parts = { value: signatures.value, header: headerDer };
    return {
      number: block.number,
      headerSha256: sha256Hex(headerDer),
      previousSha256: hex(block.previousHash),
      dataSha256,
      computedDataSha256,
      transactionCount: block.envelopes.length,
      malformedTransactions: block.envelopes.flatMap((envelope, index) =>
        isRewritten(protos.common.Envelope, envelope) ? [] : [index],
      ),
      verdictCount: metadataOf(block, TRANSACTIONS_FILTER).length,
      signatures: signatures.signatures.map((each) => this.#signers.read(each, parts)),
      lastConfigNumber: signed.last_config ? Number(signed.last_config.index ?? 0) : null,
      disagreements: [...(isAsWritten(block, signatures) ? [] : [ODD_SIGNATURES]), ...disagreementsOf(block, signed)],
      // What is not what the header promises is not worth decoding.
      config: dataSha256 === computedDataSha256 ? configOf(block) : null,
    };
  }
}

/** A configuration is alone in its block. */
function configOf({ envelopes }: RawBlock): BlockFacts['config'] {
  const [only] = envelopes;
  return only !== undefined && envelopes.length === 1 ? readOrdererConfig(only) : null;
}

/** A message of Fabric, as far as reading it and writing it again goes. */
interface MessageType<T> {
  decode(bytes: Uint8Array): T;
  encode(message: T): { finish(): Uint8Array };
}

/**
 * Whether the bytes come out again as they went in. Two envelopes one after the other read as one, and the hash of the
 * data does not see where one ends; lengths inside a message may be wrong and it still reads: such bytes are not what
 * an orderer wrote.
 */
function isRewritten<T>(type: MessageType<T>, bytes: Uint8Array): boolean {
  try {
    return Buffer.from(type.encode(type.decode(bytes)).finish()).equals(bytes);
  } catch {
    return false;
  }
}

/** What nobody has signed, in the first block, has to be as a whole what it says. */
function isAsWritten(block: RawBlock, { value, signatures }: protos.common.Metadata): boolean {
  if (!isRewritten(protos.common.Metadata, metadataOf(block, SIGNATURES))) return false;
  return signatures.length > 0 || isRewritten(protos.common.OrdererBlockMetadata, value);
}

function disagreementsOf(block: RawBlock, signed: protos.common.OrdererBlockMetadata): string[] {
  const lastConfig = protos.common.LastConfig.encode(signed.last_config ?? {}).finish();
  const commitHash = metadataOf(block, COMMIT_HASH);
  return [
    ...copyDisagreement(block, LAST_CONFIG, lastConfig, 'the number of the newest configuration'),
    ...copyDisagreement(block, ORDERER, signed.consenter_metadata, "the consenters' part"),
    ...(commitHash.length === 0 || isMetadataOf(commitHash, COMMIT_HASH_BYTES) ? [] : ['its commit hash is no hash']),
  ];
}

/** Older places of the metadata repeat, unsigned, what is signed today; Fabric still reads them in places. */
function copyDisagreement(block: RawBlock, index: number, value: Uint8Array, what: string): string[] {
  const copy = metadataOf(block, index);
  if (copy.length === 0) return [];
  const expected = protos.common.Metadata.encode({ value }).finish();
  return Buffer.from(copy).equals(expected) ? [] : [`the unsigned copy of ${what} differs from the signed one`];
}

function isMetadataOf(bytes: Uint8Array, length: number): boolean {
  const { value } = protos.common.Metadata.decode(bytes);
  return value.length === length && isRewritten(protos.common.Metadata, bytes);
}

function dataHashOf(envelopes: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const envelope of envelopes) hash.update(envelope);
  return hash.digest('hex');
}

const metadataOf = ({ metadata }: RawBlock, index: number): Uint8Array => metadata[index] ?? NOTHING;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

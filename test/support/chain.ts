import { createHash, createPrivateKey } from 'node:crypto';
import { ByteReader } from '../../agent/adapters/fabric-files/byte-reader';
import { readStoredBlock } from '../../agent/adapters/fabric-files/stored-block';
import { blockHeaderDer, blockHeaderSha256 } from '../../agent/adapters/fabric-grpc/block-hash';
import type { RawBlock } from '../../agent/adapters/fabric-grpc/blocks';
import { signLowS } from '../../agent/adapters/fabric-grpc/low-s-signature';
import { protos } from '../../agent/adapters/fabric-grpc/protos';
import { createAuthority, type Credential } from '../../network/fabric/pki/certificate-authority';

const { Metadata, SignatureHeader, OrdererBlockMetadata, LastConfig, Envelope } = protos.common;
const NOTHING = new Uint8Array();

/** A member of an organisation that may sign blocks, or pretend to. */
export interface ChainSigner extends Credential {
  readonly mspId: string;
}

export interface ChainOrganization {
  readonly mspId: string;
  readonly rootPem: string;
  readonly issue: (commonName: string) => Promise<ChainSigner>;
}

export async function chainOrganization(mspId: string): Promise<ChainOrganization> {
  const authority = await createAuthority(`${mspId} CA`, mspId);
  return {
    mspId,
    rootPem: authority.credential.certificatePem,
    issue: async (commonName) => ({
      mspId,
      ...(await authority.issue({ commonName, unit: 'orderer', hosts: ['localhost'] })),
    }),
  };
}

export interface ConfigFacts {
  readonly organizations: readonly ChainOrganization[];
  readonly consenters: readonly string[];
  readonly type?: string;
}

/** An envelope with a channel's configuration, as far as the orderers go. */
export function configurationEnvelope({ organizations, consenters, type = 'etcdraft' }: ConfigFacts): Uint8Array {
  const metadata = protos.etcdraft.ConfigMetadata.encode({
    consenters: consenters.map((host) => ({ host, port: 7050 })),
  }).finish();
  const groups = Object.fromEntries(
    organizations.map(({ mspId, rootPem }) => {
      const config = protos.msp.FabricMSPConfig.encode({ name: mspId, root_certs: [Buffer.from(rootPem)] }).finish();
      return [mspId, { values: { MSP: { value: protos.msp.MSPConfig.encode({ config }).finish() } } }];
    }),
  );
  const consensus = protos.orderer.ConsensusType.encode({ type, metadata }).finish();
  const orderer = { groups, values: { ConsensusType: { value: consensus } } };
  const data = protos.common.ConfigEnvelope.encode({
    config: { channel_group: { groups: { Orderer: orderer } } },
  }).finish();
  return envelopeOf(protos.common.HeaderType.CONFIG, data);
}

/** Some transaction; what it says is not looked at. */
export const transactionEnvelope = (text: string): Uint8Array =>
  envelopeOf(protos.common.HeaderType.ENDORSER_TRANSACTION, Buffer.from(text));

function envelopeOf(type: number, data: Uint8Array): Uint8Array {
  const header = { channel_header: protos.common.ChannelHeader.encode({ type }).finish(), signature_header: NOTHING };
  const payload = protos.common.Payload.encode({ header, data }).finish();
  return Envelope.encode({ payload, signature: Buffer.from('signature') }).finish();
}

export interface BlockOrder {
  readonly envelopes: readonly Uint8Array[];
  readonly signer?: ChainSigner;
  readonly lastConfigNumber: number;
}

/** Builds a chain as an orderer writes it and a peer stores it. */
export class ChainBuilder {
  readonly blocks: RawBlock[] = [];

  append({ envelopes, signer, lastConfigNumber }: BlockOrder): RawBlock {
    const before = this.blocks.at(-1);
    const header = {
      number: this.blocks.length,
      previousHash: before === undefined ? Buffer.alloc(0) : Buffer.from(blockHeaderSha256(before), 'hex'),
      dataHash: createHash('sha256').update(Buffer.concat(envelopes)).digest(),
    };
    const value = OrdererBlockMetadata.encode({
      last_config: { index: lastConfigNumber },
      consenter_metadata: Buffer.from('consenters'),
    }).finish();
    const lastConfig = LastConfig.encode({ index: lastConfigNumber }).finish();
    const block: RawBlock = {
      ...header,
      envelopes,
      metadata: [
        Metadata.encode({
          value,
          signatures: signer === undefined ? [] : [signatureOf(signer, value, header)],
        }).finish(),
        Metadata.encode({ value: lastConfig }).finish(),
        Buffer.alloc(envelopes.length, 0),
        Metadata.encode({ value: Buffer.from('consenters') }).finish(),
        Metadata.encode({ value: createHash('sha256').update(value).digest() }).finish(),
      ],
      sizeBytes: 0,
    };
    this.blocks.push(block);
    return block;
  }
}

function signatureOf(
  { mspId, certificatePem, keyPem }: ChainSigner,
  value: Uint8Array,
  header: Pick<RawBlock, 'number' | 'previousHash' | 'dataHash'>,
): protos.common.IMetadataSignature {
  const creator = protos.msp.SerializedIdentity.encode({
    mspid: mspId,
    id_bytes: Buffer.from(certificatePem),
  }).finish();
  const signatureHeader = SignatureHeader.encode({ creator, nonce: Buffer.alloc(24, 7) }).finish();
  const message = Buffer.concat([value, signatureHeader, blockHeaderDer(header)]);
  return { signature_header: signatureHeader, signature: signLowS(message, createPrivateKey(keyPem)) };
}

/** A block as Fabric's block files hold it, with its length before it. */
export function storedRecord({ number, dataHash, previousHash, envelopes, metadata }: RawBlock): Buffer {
  const bytes = Buffer.concat([
    varint(number),
    ...[dataHash, previousHash].flatMap(withLength),
    varint(envelopes.length),
    ...envelopes.flatMap(withLength),
    varint(metadata.length),
    ...metadata.flatMap(withLength),
  ]);
  return Buffer.concat([varint(bytes.length), bytes]);
}

const withLength = (bytes: Uint8Array): Uint8Array[] => [varint(bytes.length), bytes];

export function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = BigInt(value); ; rest >>= 7n) {
    if (rest < 0x80n) return Buffer.from([...bytes, Number(rest)]);
    bytes.push(Number(rest & 0x7fn) | 0x80);
  }
}

/** What a peer adds to a block by itself, signed by nobody: its validation codes and its commit hash. */
const OWN_WORDS = [2, 4];
const HASH_BYTES = 32;

/** Where in a block file stands what no check covers, and which block a place belongs to. */
export function unsignedPlaces(bytes: Buffer): {
  readonly unsigned: ReadonlySet<number>;
  readonly blockAt: (place: number) => number;
  readonly startOf: (blockNumber: number) => number;
} {
  const unsigned = new Set<number>();
  const ends: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const head = new ByteReader(bytes.subarray(at));
    const length = head.varint();
    const start = at + head.offset;
    const { metadata } = readStoredBlock(bytes.subarray(start, start + length));
    for (const index of OWN_WORDS) {
      // The values alone: how they are packed is checked.
      const entry = metadata[index]!.subarray(-HASH_BYTES);
      for (let place = 0; place < entry.length; place += 1) unsigned.add(entry.byteOffset - bytes.byteOffset + place);
    }
    at = start + length;
    ends.push(at);
  }
  return {
    unsigned,
    blockAt: (place) => ends.findIndex((end) => place < end),
    startOf: (blockNumber) => ends[blockNumber - 1] ?? 0,
  };
}

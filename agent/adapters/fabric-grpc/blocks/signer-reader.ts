import { X509Certificate, createHash, verify } from 'node:crypto';
import type { BlockSignature, Signer } from '../../../domain/chain-facts';
import { protos } from '../protos';

interface KnownSigner {
  readonly signer: Signer;
  /** Null: the certificate cannot be read. */
  readonly certificate: X509Certificate | null;
}

/** More signers than any orderer has certificates; the limit keeps a forged chain from filling the memory. */
const MAX_KNOWN = 64;

/** Reads who signed, and checks signatures. Remembers certificates: a chain has few of them. */
export class SignerReader {
  readonly #known = new Map<string, KnownSigner>();

  /**
   * Reads one signature of a block's metadata.
   * @param signed what stands before and after the signature header in the signed bytes
   * @throws Error of protobufjs for bytes that are no signature
   */
  read(
    { signature_header, signature }: protos.common.IMetadataSignature,
    signed: { readonly value: Uint8Array; readonly header: Uint8Array },
  ): BlockSignature {
    const signatureHeader = signature_header ?? new Uint8Array();
    const { signer, certificate } = this.#signerOf(protos.common.SignatureHeader.decode(signatureHeader).creator);
    const message = Buffer.concat([signed.value, signatureHeader, signed.header]);
    const isValid = certificate !== null && isSignatureOf(certificate, message, signature ?? new Uint8Array());
    return { signer, isValid };
  }

  #signerOf(creator: Uint8Array): KnownSigner {
    const key = Buffer.from(creator).toString('base64');
    const found = this.#known.get(key) ?? readSigner(creator);
    if (this.#known.size < MAX_KNOWN) this.#known.set(key, found);
    return found;
  }
}

function isSignatureOf({ publicKey }: X509Certificate, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return verify('sha256', message, publicKey, signature);
  } catch {
    return false;
  }
}

function readSigner(creator: Uint8Array): KnownSigner {
  const { mspid, id_bytes } = protos.msp.SerializedIdentity.decode(creator);
  const certificatePem = Buffer.from(id_bytes).toString('utf8');
  try {
    const certificate = new X509Certificate(certificatePem);
    const spki = certificate.publicKey.export({ type: 'spki', format: 'der' });
    return {
      certificate,
      signer: {
        mspId: mspid,
        subject: onOneLine(certificate.subject),
        issuer: onOneLine(certificate.issuer),
        publicKeySha256: createHash('sha256').update(spki).digest('hex'),
        certificatePem,
      },
    };
  } catch {
    const unknown = { subject: '(no certificate)', issuer: '', publicKeySha256: '', certificatePem };
    return { certificate: null, signer: { mspId: mspid, ...unknown } };
  }
}

/** Node puts each part of a name on a line of its own. */
const onOneLine = (name: string): string => name.split('\n').join(', ');

import { X509Certificate, createHash, createPrivateKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { BlosmError } from '../../../chaincode/src/model';
import { signLowS } from './low-s-signature';
import { protos } from './protos';

/** Who signs: a certificate of the organisation and its key, both PEM. */
export interface IdentityPems {
  readonly mspId: string;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** Signs for one identity by Node's own crypto; no SDK is needed for it. */
export class Signer {
  /** Fabric's `SerializedIdentity`: what stands as the creator in every header. */
  readonly creator: Buffer;
  /** Binds a request to the TLS certificate where a server asks for one: SHA-256 over its DER. */
  readonly tlsCertificateSha256: Buffer;
  readonly #key: KeyObject;

  /** @throws BlosmError BLOSM_E_CONFIG_INVALID for a pair that cannot be used */
  constructor({ mspId, certificatePem, privateKeyPem }: IdentityPems) {
    const { key, certificate } = readPair(mspId, certificatePem, privateKeyPem);
    this.#key = key;
    this.tlsCertificateSha256 = createHash('sha256').update(certificate.raw).digest();
    const identity = { mspid: mspId, id_bytes: Buffer.from(certificatePem) };
    this.creator = Buffer.from(protos.msp.SerializedIdentity.encode(identity).finish());
  }

  /** ECDSA over the message's SHA-256, in DER, with the lower S. */
  sign(message: Uint8Array): Buffer {
    return signLowS(message, this.#key);
  }
}

function readPair(
  mspId: string,
  certificatePem: string,
  privateKeyPem: string,
): { readonly key: KeyObject; readonly certificate: X509Certificate } {
  const refuse = (what: string, cause?: unknown): BlosmError =>
    new BlosmError('BLOSM_E_CONFIG_INVALID', `identity of ${mspId}: ${what}`, { stage: 'connect', cause });
  let key: KeyObject;
  let certificate: X509Certificate;
  try {
    key = createPrivateKey(privateKeyPem);
    certificate = new X509Certificate(certificatePem);
  } catch (cause) {
    throw refuse('the certificate or the private key is not PEM that can be read', cause);
  }
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw refuse('the private key is not on the curve P-256');
  if (!certificate.checkPrivateKey(key)) throw refuse('the private key does not belong to the certificate');
  return { key, certificate };
}

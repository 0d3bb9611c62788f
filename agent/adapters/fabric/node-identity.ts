import { X509Certificate, createPrivateKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { GatewayOptions, IdentityProvider, X509Identity } from 'fabric-network';
import type { IIdentity, ISigningIdentity } from 'fabric-common';
import { BlosmError } from '../../../chaincode/src/model';
import { signLowS } from './low-s-signature';
import { protos } from './protos';
import { User } from './sdk';

/** Who signs: a certificate of the organisation and its key, both PEM. */
export interface IdentityPems {
  readonly mspId: string;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** A signing identity of the SDK's shape that signs by Node's own crypto instead of the SDK's JavaScript. */
class NodeSigningIdentity implements ISigningIdentity, IIdentity {
  readonly #serialized: Buffer;

  constructor(
    private readonly pems: IdentityPems,
    private readonly key: KeyObject,
  ) {
    this.#serialized = Buffer.from(
      protos.msp.SerializedIdentity.encode({
        mspid: pems.mspId,
        id_bytes: Buffer.from(pems.certificatePem),
      }).finish(),
    );
  }

  serialize(): Buffer {
    return this.#serialized;
  }

  sign(message: Buffer): Buffer {
    return signLowS(message, this.key);
  }

  getMSPId(): string {
    return this.pems.mspId;
  }

  isValid(): boolean {
    return true;
  }

  getOrganizationUnits(): string {
    return '';
  }

  verify(): boolean {
    throw new BlosmError('BLOSM_E_INTERNAL', 'the ledger adapter signs and never verifies by this object');
  }
}

/** The SDK's user without its enrolment, which would parse key and certificate by slow JavaScript. */
class NodeUser extends User {
  constructor(private readonly pems: IdentityPems) {
    super(pems.mspId);
  }

  override getMspid(): string {
    return this.pems.mspId;
  }
}

/** What {@link Gateway.connect} needs to know of the identity. */
export function gatewayIdentity(pems: IdentityPems): Pick<GatewayOptions, 'identity' | 'identityProvider' | 'tlsInfo'> {
  const signing = new NodeSigningIdentity(pems, readKey(pems));
  const identity: X509Identity = {
    type: 'X.509',
    mspId: pems.mspId,
    credentials: { certificate: pems.certificatePem, privateKey: pems.privateKeyPem },
  };
  const unsupported = (): never => {
    throw new BlosmError('BLOSM_E_INTERNAL', 'identities are given as PEM and never go through a wallet');
  };
  const identityProvider: IdentityProvider = {
    type: 'X.509',
    getCryptoSuite: unsupported,
    fromJson: unsupported,
    toJson: unsupported,
    getUserContext: () => {
      const user = new NodeUser(pems);
      user.setSigningIdentity(signing);
      return Promise.resolve(user);
    },
  };
  // Without tlsInfo the SDK would generate a key and a self-signed certificate for itself.
  return { identity, identityProvider, tlsInfo: { certificate: pems.certificatePem, key: pems.privateKeyPem } };
}

function readKey(pems: IdentityPems): KeyObject {
  const refuse = (what: string, cause?: unknown): BlosmError =>
    new BlosmError('BLOSM_E_CONFIG_INVALID', `identity of ${pems.mspId}: ${what}`, { stage: 'connect', cause });
  let key: KeyObject;
  let certificate: X509Certificate;
  try {
    key = createPrivateKey(pems.privateKeyPem);
    certificate = new X509Certificate(pems.certificatePem);
  } catch (cause) {
    throw refuse('the certificate or the private key is not PEM that can be read', cause);
  }
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw refuse('the private key is not on the curve P-256');
  if (!certificate.checkPrivateKey(key)) throw refuse('the private key does not belong to the certificate');
  return key;
}

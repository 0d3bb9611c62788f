import type { GatewayOptions, IdentityProvider, X509Identity } from 'fabric-network';
import type { IIdentity, ISigningIdentity } from 'fabric-common';
import { BlosmError } from '../../../chaincode/src/model';
import type { IdentityPems, Signer } from '../fabric-grpc';
import { User } from './sdk';

/** A signing identity of the SDK's shape that signs by Node's own crypto instead of the SDK's JavaScript. */
class NodeSigningIdentity implements ISigningIdentity, IIdentity {
  constructor(
    private readonly mspId: string,
    private readonly signer: Signer,
  ) {}

  serialize(): Buffer {
    return this.signer.creator;
  }

  sign(message: Buffer): Buffer {
    return this.signer.sign(message);
  }

  getMSPId(): string {
    return this.mspId;
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
  constructor(private readonly mspId: string) {
    super(mspId);
  }

  override getMspid(): string {
    return this.mspId;
  }
}

/** What {@link Gateway.connect} needs to know of the identity. */
export function gatewayIdentity(
  pems: IdentityPems,
  signer: Signer,
): Pick<GatewayOptions, 'identity' | 'identityProvider' | 'tlsInfo'> {
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
      const user = new NodeUser(pems.mspId);
      user.setSigningIdentity(new NodeSigningIdentity(pems.mspId, signer));
      return Promise.resolve(user);
    },
  };
  // Without tlsInfo the SDK would generate a key and a self-signed certificate for itself.
  return { identity, identityProvider, tlsInfo: { certificate: pems.certificatePem, key: pems.privateKeyPem } };
}

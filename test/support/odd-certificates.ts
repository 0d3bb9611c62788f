import { generateKeyPairSync, webcrypto, type KeyObject } from 'node:crypto';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

/** What is to be unusual about a certificate; everything else is as an agent needs it. */
export interface Oddity {
  /** Organisational units; by default `client`. */
  readonly units?: readonly string[];
  readonly curve?: 'P-256' | 'P-384';
  readonly isAuthority?: boolean;
  /** Object identifiers. */
  readonly uses?: readonly string[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

export interface OddIdentity {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** A self-signed certificate with its key (PKCS#8), PEM. */
export async function oddIdentity(oddity: Oddity = {}): Promise<OddIdentity> {
  const { units = ['client'], curve = 'P-256' } = oddity;
  const algorithm = { name: 'ECDSA', namedCurve: curve, hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [...units.map((unit) => `OU=${unit}`), 'CN=agent'].join(', '),
    notBefore: oddity.notBefore ?? new Date('2020-01-01T00:00:00Z'),
    notAfter: oddity.notAfter ?? new Date('2046-01-01T00:00:00Z'),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(oddity.isAuthority ?? false, undefined, true),
      ...(oddity.uses === undefined ? [] : [new x509.ExtendedKeyUsageExtension([...oddity.uses])]),
    ],
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    certificatePem: `${certificate.toString('pem')}\n`,
    keyPem: `${x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n`,
  };
}

/** The same key, behind a password. */
export function encryptedKey(): string {
  const { privateKey }: { privateKey: KeyObject } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const options = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' } as const;
  return privateKey.export(options).toString();
}

import { createHash, webcrypto } from 'node:crypto';
import 'reflect-metadata';
import { X509CertificateGenerator } from '@peculiar/x509';

/** A signer as a peer sees it. */
export interface TestIdentity {
  readonly mspId: string;
  readonly certificatePem: string;
  /** SHA-256 over the DER form, `sha256:` and hexadecimal digits. */
  readonly certificateSha256: string;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const made = new Map<string, Promise<TestIdentity>>();

/** A certificate for the organisation, made once in each test file; `unit` is Fabric's NodeOU. */
export function testIdentity(
  mspId: string,
  unit: 'admin' | 'client',
  commonName: string = unit,
): Promise<TestIdentity> {
  const name = `${mspId} ${unit} ${commonName}`;
  const identity = made.get(name) ?? makeIdentity(mspId, `CN=${commonName}.${mspId}, OU=${unit}`);
  made.set(name, identity);
  return identity;
}

/** A certificate with this subject. */
export async function makeIdentity(mspId: string, subject: string): Promise<TestIdentity> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: subject,
    notBefore: new Date('2026-01-01T00:00:00Z'),
    notAfter: new Date('2046-01-01T00:00:00Z'),
    signingAlgorithm: ALGORITHM,
    keys,
  });
  const digest = createHash('sha256').update(Buffer.from(certificate.rawData)).digest('hex');
  return { mspId, certificatePem: `${certificate.toString('pem')}\n`, certificateSha256: `sha256:${digest}` };
}

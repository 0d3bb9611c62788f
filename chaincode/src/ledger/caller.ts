import { X509Certificate, createHash } from 'node:crypto';
import type { Context } from 'fabric-contract-api';
import { BlosmError } from '../model';

/** Who signed the proposal. The peer has verified the signature and that the MSP vouches for the certificate. */
export interface Caller {
  readonly mspId: string;
  /** SHA-256 over the DER form of the certificate, as `sha256:` and hexadecimal digits. */
  readonly certificateSha256: string;
  /** The certificate carries the organisational unit `admin` (Fabric's NodeOU). */
  readonly isAdmin: boolean;
}

/** The organisational unit by which an MSP with NodeOUs tells its admins. */
const ADMIN_UNIT = 'admin';

type CertificateFacts = Omit<Caller, 'mspId'>;

/** Reading a certificate takes most of a millisecond, and the same few agents call again and again. */
const known = new Map<string, CertificateFacts>();
const MOST_KNOWN = 1000;

/** @throws BlosmError BLOSM_E_FORBIDDEN when the creator has no X.509 certificate (Idemix) */
export function callerOf(ctx: Context): Caller {
  const { mspid, idBytes } = ctx.stub.getCreator();
  const pem = Buffer.from(idBytes).toString('utf8');
  return { mspId: mspid, ...(known.get(pem) ?? learn(pem, mspid)) };
}

function learn(pem: string, mspId: string): CertificateFacts {
  const certificate = parseCertificate(pem);
  if (certificate === undefined) {
    throw new BlosmError('BLOSM_E_FORBIDDEN', `the caller of ${mspId} has no X.509 certificate`, { stage: 'endorse' });
  }
  const facts = { certificateSha256: certificateSha256(certificate), isAdmin: isAdmin(certificate) };
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(pem, facts);
  return facts;
}

/** Undefined when the text is not one X.509 certificate in PEM form. */
export function parseCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

/** SHA-256 over the DER form. */
export function certificateSha256(certificate: X509Certificate): string {
  return `sha256:${createHash('sha256').update(certificate.raw).digest('hex')}`;
}

function isAdmin(certificate: X509Certificate): boolean {
  const units = certificate.toLegacyObject().subject.OU;
  return Array.isArray(units) ? units.includes(ADMIN_UNIT) : units === ADMIN_UNIT;
}

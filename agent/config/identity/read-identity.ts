import { createHash, createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { BlosmError } from '../../../chaincode/src/model';
import type { IdentityFacts } from '../../domain/identity';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----/g;

/** What cannot be used, and what to do: every refusal of an identity. */
export function refusedIdentity(what: string, hint: string, cause?: unknown): BlosmError {
  return new BlosmError('BLOSM_E_CONFIG_INVALID', what, { stage: 'identity', hint, cause });
}

/**
 * Reads exactly one certificate in PEM.
 * @param source where it is from, for the message
 * @throws BlosmError BLOSM_E_CONFIG_INVALID
 */
export function readCertificate(pem: string, source: string): X509Certificate {
  const count = pem.match(CERTIFICATE)?.length ?? 0;
  if (count !== 1) {
    throw refusedIdentity(
      `${source} holds ${count === 0 ? 'no certificate' : `${count} certificates`}`,
      "Give the agent's own certificate alone, as PEM.",
    );
  }
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw refusedIdentity(`${source} is no certificate that can be read`, 'Give it as PEM.', cause);
  }
}

/** Reads a private key in PEM. @throws BlosmError BLOSM_E_CONFIG_INVALID, also for one that is encrypted */
export function readPrivateKey(pem: string, source: string): KeyObject {
  if (/ENCRYPTED/.test(pem)) {
    throw refusedIdentity(
      `the key ${source} is encrypted, and nobody is there to type the password when the agent starts`,
      `Decrypt it: openssl pkey -in ${source} -out agent-key.pem`,
    );
  }
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw refusedIdentity(`${source} is no private key that can be read`, 'Give it as PEM.', cause);
  }
}

export function factsOf(certificate: X509Certificate): IdentityFacts {
  const units = certificate.toLegacyObject().subject.OU;
  return {
    subject: onOneLine(certificate.subject),
    issuer: onOneLine(certificate.issuer),
    units: listOf(units),
    alternativeNames: certificate.subjectAltName?.split(', ') ?? [],
    restrictedTo: listOf(certificate.keyUsage),
    isAuthority: certificate.ca,
    curve: certificate.publicKey.asymmetricKeyDetails?.namedCurve ?? null,
    validFromMs: Date.parse(certificate.validFrom),
    validToMs: Date.parse(certificate.validTo),
    sha256: createHash('sha256').update(certificate.raw).digest('hex'),
  };
}

/** Node gives one as text, several as a list, none as undefined, whatever its types say. */
const listOf = (found: unknown): string[] => [found ?? []].flat().map(String);

const onOneLine = (name: string): string => name.split('\n').join(', ');

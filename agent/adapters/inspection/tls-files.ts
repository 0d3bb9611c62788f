import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { CertificateFacts, CertificatesLook, PrivateKeyLook, TlsPairLook } from '../../domain/doctor/tls-files';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * The files of a server's certificate and key as they lie there. Never fails.
 * @param host name or address under which it is reached; null: it is not known
 */
export async function inspectTlsPair(
  { certificate, privateKey }: { readonly certificate: string; readonly privateKey: string },
  host: string | null,
): Promise<TlsPairLook> {
  const [certificateText, keyText] = await Promise.all([read(certificate), read(privateKey)]);
  const found = certificatesIn(certificateText);
  return {
    certificate: certificatesLook(certificate, certificateText, found),
    privateKey: keyLook(privateKey, keyText, found),
    isForHost: host !== null && found.slice(0, 1).some((own) => isFor(own, host)),
  };
}

/** A file of certificates as it lies there. Never fails. */
export async function inspectCertificates(file: string): Promise<CertificatesLook> {
  const text = await read(file);
  return certificatesLook(file, text, certificatesIn(text));
}

type Text = { readonly text: string } | { readonly code: string };

async function read(file: string): Promise<Text> {
  try {
    return { text: await readFile(file, 'utf8') };
  } catch (error) {
    return { code: (error as NodeJS.ErrnoException).code ?? String(error) };
  }
}

/** None where one of them cannot be read: a server could not be started with them. */
function certificatesIn(found: Text): X509Certificate[] {
  const blocks = 'text' in found ? (found.text.match(CERTIFICATE) ?? []) : [];
  try {
    return blocks.map((pem) => new X509Certificate(pem));
  } catch {
    return [];
  }
}

function certificatesLook(file: string, text: Text, found: readonly X509Certificate[]): CertificatesLook {
  if ('code' in text) return { kind: 'unreadable', file, code: text.code };
  const [own, ...more] = found.map(factsOf);
  return own === undefined ? { kind: 'no-pem', file } : { kind: 'read', file, certificates: [own, ...more] };
}

function keyLook(file: string, text: Text, certificates: readonly X509Certificate[]): PrivateKeyLook {
  if ('code' in text) return { kind: 'unreadable', file, code: text.code };
  if (text.text.includes('ENCRYPTED')) return { kind: 'encrypted', file };
  const key = keyIn(text.text);
  if (key === undefined) return { kind: 'no-pem', file };
  return { kind: 'read', file, belongsTo: certificates.findIndex((each) => each.checkPrivateKey(key)) };
}

function keyIn(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

function factsOf(certificate: X509Certificate): CertificateFacts {
  return {
    subject: onOneLine(certificate.subject),
    issuer: onOneLine(certificate.issuer),
    alternativeNames: certificate.subjectAltName?.split(', ') ?? [],
    isAuthority: certificate.ca,
    isSelfIssued: certificate.checkIssued(certificate),
    validFromMs: Date.parse(certificate.validFrom),
    validToMs: Date.parse(certificate.validTo),
  };
}

const onOneLine = (name: string): string => name.split('\n').join(', ');

/** As clients compare today: by the alternative names alone, whatever the common name says. */
function isFor(certificate: X509Certificate, host: string): boolean {
  const found = isIP(host) === 0 ? certificate.checkHost(host, { subject: 'never' }) : certificate.checkIP(host);
  return found !== undefined;
}

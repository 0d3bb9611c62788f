import 'reflect-metadata';
import type { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const VALIDITY_YEARS = 10;
/** Clocks of edge clusters differ: a certificate is valid from a day ago. */
const BACKDATE_MS = 86_400_000;
/** Half of the order of P-256: a signature with s at most this is in low-S form. */
const HALF_ORDER = 0x7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8n;

/** A certificate and its private key, both PEM (the key PKCS#8). */
export interface Credential {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** What a certificate is for. */
export interface CertificateRequest {
  readonly commonName: string;
  /** NodeOU: `peer`, `admin`, `client`, `orderer`; undefined for a TLS certificate. */
  readonly unit?: string;
  /** DNS names and IP addresses. */
  readonly hosts: readonly string[];
  /** Extended key usage: both ends of TLS. Without it the certificate is not restricted. */
  readonly forTls?: boolean;
}

/** Issues certificates of one organisation. */
export interface CertificateAuthority {
  readonly credential: Credential;
  readonly issue: (request: CertificateRequest) => Promise<Credential>;
}

/**
 * Makes a self-signed root on P-256.
 *
 * Every certificate has a low-S signature: Fabric 2.1 re-encodes the others while it loads an MSP, after which
 * current Go no longer recognises the root, and a certificate's SHA-256 would differ from the registered one.
 */
export async function createAuthority(commonName: string, organization: string): Promise<CertificateAuthority> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const name = nameOf(commonName, organization);
  const root = await withLowS(async () =>
    x509.X509CertificateGenerator.createSelfSigned({
      ...validity(),
      serialNumber: serialNumber(),
      name,
      keys,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(
          x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature,
          true,
        ),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    }),
  );
  return {
    credential: await credentialOf(root, keys.privateKey),
    issue: (request) => issue(request, root, keys.privateKey, organization),
  };
}

async function issue(
  request: CertificateRequest,
  root: x509.X509Certificate,
  signingKey: webcrypto.CryptoKey,
  organization: string,
): Promise<Credential> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await withLowS(async () =>
    x509.X509CertificateGenerator.create({
      ...validity(),
      serialNumber: serialNumber(),
      subject: nameOf(request.commonName, organization, request.unit),
      issuer: root.subjectName,
      publicKey: keys.publicKey,
      signingKey,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
        await x509.AuthorityKeyIdentifierExtension.create(root.publicKey),
        new x509.SubjectAlternativeNameExtension([...new Set(request.hosts)].map(hostName)),
        ...(request.forTls === true ? [tlsUsage()] : []),
      ],
    }),
  );
  return credentialOf(certificate, keys.privateKey);
}

function tlsUsage(): x509.ExtendedKeyUsageExtension {
  return new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]);
}

function hostName(host: string): x509.JsonGeneralName {
  return /^[0-9.]+$|:/.test(host) ? { type: 'ip', value: host } : { type: 'dns', value: host };
}

function nameOf(commonName: string, organization: string, unit?: string): string {
  const parts: x509.JsonName = [
    { O: [organization] },
    ...(unit === undefined ? [] : [{ OU: [unit] }]),
    { CN: [commonName] },
  ];
  return new x509.Name(parts).toString();
}

function validity(): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  const notAfter = new Date(now);
  notAfter.setFullYear(notAfter.getFullYear() + VALIDITY_YEARS);
  return { notBefore: new Date(now - BACKDATE_MS), notAfter };
}

function serialNumber(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40; // Positive, and never shortened by a leading zero.
  return Buffer.from(bytes).toString('hex');
}

/** Each signature is low-S with probability one half: signs again until it is. */
async function withLowS(make: () => Promise<x509.X509Certificate>): Promise<x509.X509Certificate> {
  for (;;) {
    const certificate = await make();
    if (isLowS(new Uint8Array(certificate.signature))) return certificate;
  }
}

/** @param signature of ECDSA on P-256, as WebCrypto gives it (r and s, 32 bytes each) or as DER */
export function isLowS(signature: Uint8Array): boolean {
  const s = signature.length === 64 ? signature.subarray(32) : derIntegers(signature)[1];
  return s !== undefined && BigInt(`0x${Buffer.from(s).toString('hex')}`) <= HALF_ORDER;
}

/** The integers of a DER sequence whose length fits one byte, as signatures on P-256 do. */
function derIntegers(der: Uint8Array): Uint8Array[] {
  const integers: Uint8Array[] = [];
  for (let at = 2; at + 2 <= der.length; at += 2 + (der[at + 1] ?? 0)) {
    integers.push(der.subarray(at + 2, at + 2 + (der[at + 1] ?? 0)));
  }
  return integers;
}

async function credentialOf(certificate: x509.X509Certificate, key: webcrypto.CryptoKey): Promise<Credential> {
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', key);
  return {
    certificatePem: `${certificate.toString('pem').trim()}\n`,
    keyPem: `${x509.PemConverter.encode(pkcs8, 'PRIVATE KEY').trim()}\n`,
  };
}

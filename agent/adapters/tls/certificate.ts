import { createHash, type X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';

/**
 * The agent's own key and certificate: the same pair signs its transactions. PEM. Whoever holds it reads it anew for each
 * connection, for it may be renewed.
 */
export interface TlsIdentity {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** Lower-case hexadecimal SHA-256 over the DER form: what the ledger registers. */
export function fingerprintOf(certificate: X509Certificate): string {
  return createHash('sha256').update(certificate.raw).digest('hex');
}

/** The other end's certificate as this handshake proved it; undefined: it showed none. */
export function shownCertificate(socket: TLSSocket): X509Certificate | undefined {
  return socket.getPeerX509Certificate();
}

/** Why the certificate does not hold at this moment; undefined: it does. */
export function validityFault(certificate: X509Certificate, nowMs: number): string | undefined {
  if (!(nowMs >= Date.parse(certificate.validFrom))) return `not valid before ${certificate.validFrom}`;
  if (!(nowMs <= Date.parse(certificate.validTo))) return `expired on ${certificate.validTo}`;
  return undefined;
}

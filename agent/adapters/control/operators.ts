import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { fingerprintOf, shownCertificate, validityFault } from '../tls';

/** Who may command the agent over TCP: a subject's part (`OU=admin`, `CN=ops`) or a certificate's SHA-256. */
export type OperatorRule = string;

/**
 * Why a client may not command the agent; undefined: it may. It needs a certificate of the organisation's own authority
 * that holds now and that one of the rules names: to be a member of the organisation is not enough, for every camera's
 * and every peer's certificate is of the same authority.
 */
export function operatorFault(socket: TLSSocket, rules: readonly OperatorRule[], nowMs: number): string | undefined {
  const certificate = shownCertificate(socket);
  if (certificate === undefined) return 'no client certificate was shown';
  if (!socket.authorized) {
    return `the certificate is not one of control.clientCa (${String(socket.authorizationError)})`;
  }
  const validity = validityFault(certificate, nowMs);
  if (validity !== undefined) return `the certificate is ${validity}`;
  return rules.some((rule) => matches(certificate, rule))
    ? undefined
    : `the certificate ${subjectOf(certificate)} is not in control.allow`;
}

const subjectOf = (certificate: X509Certificate): string => certificate.subject.replaceAll('\n', ', ');

function matches(certificate: X509Certificate, rule: OperatorRule): boolean {
  if (!rule.includes('=')) return fingerprintOf(certificate) === rule.toLowerCase();
  // A part with several values is written with plus signs in between.
  const parts = certificate.subject.split('\n').flatMap((part) => part.split(' + '));
  return parts.some((part) => part.trim() === rule);
}

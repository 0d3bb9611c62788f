import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { PeerDirectory } from '../../ports/peers';
import { fingerprintOf, shownCertificate, validityFault } from '../tls/certificate';

/** Who is calling, or why nobody is let in. */
export type Caller = { readonly nodeId: string } | { readonly refusal: string };

interface Shown {
  readonly certificate: X509Certificate;
  readonly fingerprint: string;
}

const KNOWN = new WeakMap<TLSSocket, Shown | undefined>();

/**
 * Says which node is at the other end. The certificate is read once for each connection, but looked up for each
 * request: a node whose certificate was replaced on the ledger is out at once, also on connections it has.
 */
export function identifyCaller(socket: TLSSocket, directory: PeerDirectory, nowMs: number): Caller {
  const shown = certificateOf(socket);
  if (shown === undefined) return { refusal: 'no client certificate was shown' };
  const nodeId = directory.nodeOfCertificate(shown.fingerprint);
  if (nodeId === undefined) return { refusal: `the certificate ${shown.fingerprint} is not registered on the ledger` };
  const fault = validityFault(shown.certificate, nowMs);
  return fault === undefined ? { nodeId } : { refusal: `the certificate of ${nodeId} is ${fault}` };
}

function certificateOf(socket: TLSSocket): Shown | undefined {
  if (KNOWN.has(socket)) return KNOWN.get(socket);
  const certificate = shownCertificate(socket);
  const shown = certificate === undefined ? undefined : { certificate, fingerprint: fingerprintOf(certificate) };
  KNOWN.set(socket, shown);
  return shown;
}

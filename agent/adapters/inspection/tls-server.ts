import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import type { NodeEndpoint } from '../../domain/doctor/channel-facts';
import type { TlsLook } from '../../domain/doctor/certificates';
import type { CallOptions } from '../../ports/call';

const TIMEOUT_MS = 5_000;

/** For servers that ask who is there; PEM. */
export interface TlsPair {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** Shakes hands with a node's TLS server and looks at the certificate that it shows. Never fails. */
export async function inspectTls(
  { target, tls }: NodeEndpoint,
  pair: TlsPair,
  call: CallOptions = {},
): Promise<{ readonly look: TlsLook; readonly expected: string }> {
  const colon = target.lastIndexOf(':');
  const host = target.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  const expected = tls?.serverName ?? host;
  const options = {
    ...{ host, port: Number(target.slice(colon + 1)), ca: tls?.rootsPem ?? '' },
    ...{ cert: pair.certificatePem, key: pair.privateKeyPem },
    ...(isIP(expected) === 0 ? { servername: expected } : {}),
    // What gRPC speaks; some servers refuse everybody else.
    ALPNProtocols: ['h2'],
    // What is wrong is to be seen, not to be refused.
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  };
  return new Promise((resolve) => {
    const socket = connect(options);
    const settle = (look: TlsLook): void => {
      clearTimeout(timer);
      call.signal?.removeEventListener('abort', onAbort);
      socket.removeAllListeners().on('error', () => undefined);
      socket.destroy();
      resolve({ look, expected });
    };
    const onAbort = (): void => settle({ failure: 'interrupted', code: 'ABORT_ERR' });
    const timeoutMs = call.timeoutMs ?? TIMEOUT_MS;
    const timer = setTimeout(
      () => settle({ failure: `no answer within ${timeoutMs} ms`, code: 'ETIMEDOUT' }),
      timeoutMs,
    );
    call.signal?.addEventListener('abort', onAbort, { once: true });
    socket.once('error', (error: NodeJS.ErrnoException) => settle({ failure: error.message, code: error.code ?? '' }));
    socket.once('close', () =>
      settle({ failure: 'it closed the connection during the handshake', code: 'ECONNRESET' }),
    );
    socket.once('secureConnect', () => settle(lookAt(socket, expected)));
  });
}

function lookAt(socket: TLSSocket, expected: string): TlsLook {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return { failure: 'it showed no certificate', code: '' };
  return {
    distrust: socket.authorized ? undefined : String(socket.authorizationError),
    issuer: certificate.issuer.split('\n').join(', '),
    alternativeNames: certificate.subjectAltName?.split(', ') ?? [],
    fits: fits(certificate, expected),
    validToMs: Date.parse(certificate.validTo),
  };
}

function fits(certificate: X509Certificate, expected: string): boolean {
  const found = isIP(expected) === 0 ? certificate.checkHost(expected) : certificate.checkIP(expected);
  return found !== undefined;
}

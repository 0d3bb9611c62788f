import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { BlosmError } from '../../../chaincode/src/model';
import { fingerprintOf, shownCertificate, validityFault, type TlsIdentity } from './certificate';

/** Whom to call, and which certificate must answer. */
export interface PinnedTarget {
  readonly host: string;
  readonly port: number;
  /** For messages. */
  readonly nodeId: string;
  readonly certificateSha256Hex: string;
}

export interface PinnedOptions {
  readonly identity: TlsIdentity;
  /** TCP and TLS together, in milliseconds. */
  readonly connectTimeoutMs: number;
  readonly nowMs: () => number;
}

/**
 * Opens a mutual TLS connection and hands it over only when the other end has shown exactly the registered
 * certificate, so that no byte of a request ever reaches anyone else. No authority and no host name is trusted.
 * @param done called once, with the socket or with BLOSM_E_PEER_UNREACHABLE
 */
export function connectPinned(
  target: PinnedTarget,
  options: PinnedOptions,
  done: (fault: BlosmError | null, socket?: TLSSocket) => void,
): TLSSocket {
  const socket = connect({
    host: target.host,
    port: target.port,
    cert: options.identity.certificatePem,
    key: options.identity.privateKeyPem,
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
    // The authority says nothing here: the pin below decides, before anything is sent.
    rejectUnauthorized: false,
    ...(isIP(target.host) === 0 ? { servername: target.host } : {}),
  });
  // Else the last, short packet of each message waits for the other's delayed acknowledgement: 40 ms.
  socket.setNoDelay(true).setKeepAlive(true, 30_000);
  const timer = setTimeout(() => {
    socket.destroy(unreachable(target, `no connection within ${options.connectTimeoutMs} ms`));
  }, options.connectTimeoutMs);
  const onFailure = (cause: Error): void => settle(asUnreachable(target, cause));
  const onClose = (): void => settle(unreachable(target, 'the connection was closed during the handshake'));
  const settle = (fault: BlosmError | null): void => {
    clearTimeout(timer);
    socket.off('close', onClose);
    if (fault === null) {
      socket.off('error', onFailure);
      done(null, socket);
      return;
    }
    // A late error of a socket that nobody holds any more must not end the program.
    socket.off('error', onFailure).on('error', () => undefined);
    socket.destroy();
    done(fault);
  };
  socket.once('error', onFailure).once('close', onClose);
  socket.once('secureConnect', () => {
    const fault = pinFault(socket, target, options.nowMs());
    settle(fault === undefined ? null : unreachable(target, fault));
  });
  return socket;
}

function pinFault(socket: TLSSocket, target: PinnedTarget, nowMs: number): string | undefined {
  const shown = shownCertificate(socket);
  if (shown === undefined) return 'it showed no certificate';
  const fingerprint = fingerprintOf(shown);
  if (fingerprint !== target.certificateSha256Hex.toLowerCase()) {
    return `it shows the certificate ${fingerprint}, but ${target.certificateSha256Hex} is registered`;
  }
  const fault = validityFault(shown, nowMs);
  return fault === undefined ? undefined : `its certificate is ${fault}`;
}

function asUnreachable(target: PinnedTarget, cause: Error): BlosmError {
  return cause instanceof BlosmError ? cause : unreachable(target, cause.message, cause);
}

function unreachable(target: PinnedTarget, why: string, cause?: unknown): BlosmError {
  const where = `${target.nodeId} at ${target.host}:${target.port}`;
  return new BlosmError('BLOSM_E_PEER_UNREACHABLE', `cannot connect to the agent of ${where}: ${why}`, {
    stage: 'connect',
    cause,
  });
}

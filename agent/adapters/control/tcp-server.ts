import type { IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import { constants } from 'node:crypto';
import { TLSSocket, type SecureContextOptions } from 'node:tls';
import { BlosmError } from '../../../chaincode/src/model';
import type { Log } from '../../ports/log';
import { listenOn, type ListenAddress, type TlsIdentity } from '../tls';
import { operatorFault, type OperatorRule } from './operators';
import type { RequestHandler } from './server';

export interface TcpControlOptions {
  /** `host:port`; port 0: any free one. */
  readonly listen: string;
  /** What the agent shows: PEM. */
  readonly identity: TlsIdentity;
  /** The authority (or authorities) of the operators' certificates, PEM. */
  readonly clientCaPem: string;
  readonly allow: readonly OperatorRule[];
  /** Milliseconds since 1970, for the validity of certificates. */
  readonly nowMs?: () => number;
}

export interface TcpControl {
  readonly address: ListenAddress;
  /** The identity was renewed: new connections are shown the new certificate. */
  renew(): void;
  close(): Promise<void>;
}

/**
 * Serves the control API over TCP with mutual TLS. Whoever is not allowed gets 403 and is disconnected before a route
 * sees the request.
 * @throws BlosmError BLOSM_E_CONFIG_INVALID when the address cannot be had or the PEM cannot be used
 */
export async function startTcpControl(
  options: TcpControlOptions,
  handle: RequestHandler,
  log: Log,
): Promise<TcpControl> {
  const { listen, allow, nowMs = Date.now } = options;
  const server = createTlsServer(options);
  server.on('request', (request: IncomingMessage, response) => {
    const { socket } = request;
    const fault =
      socket instanceof TLSSocket ? operatorFault(socket, allow, nowMs()) : 'the connection has no certificate';
    if (fault === undefined) {
      handle(request, response);
      return;
    }
    log.warn({ from: socket.remoteAddress, refusal: fault }, 'a caller may not command this agent');
    response.shouldKeepAlive = false;
    response.once('finish', () => socket.destroySoon());
    handle(request, response, new BlosmError('BLOSM_E_FORBIDDEN', fault, { stage: 'control', hint: HINT }));
  });
  const address = await listenOn(server, listen, 'operators');
  return {
    address,
    renew: () => server.setSecureContext(secureContext(options)),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const HINT =
  "Use an admin's certificate of the agent's own organisation (--agent-cert, --agent-key), or have control.allow name it.";

function secureContext({ identity, clientCaPem }: TcpControlOptions): SecureContextOptions {
  return {
    cert: identity.certificatePem,
    key: identity.privateKeyPem,
    ca: clientCaPem,
    minVersion: 'TLSv1.2',
    // A resumed session would not prove anew who is there.
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}

function createTlsServer(options: TcpControlOptions): Server {
  try {
    return createServer({
      ...secureContext(options),
      ALPNProtocols: ['http/1.1'],
      requestCert: true,
      // Answered with a sentence instead of a broken handshake: see operatorFault.
      rejectUnauthorized: false,
      handshakeTimeout: 5000,
      headersTimeout: 10_000,
      sessionTimeout: 1,
    });
  } catch (cause) {
    throw new BlosmError('BLOSM_E_CONFIG_INVALID', `control.listen cannot be used: ${String(cause)}`, {
      stage: 'control',
      cause,
      hint: 'Check control.clientCa, control.certificate and control.privateKey.',
    });
  }
}

import { createServer, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer, type Server as SecureServer } from 'node:https';
import type { Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { BlosmError } from '../../../chaincode/src/model';
import type { TlsIdentity } from '../tls/certificate';
import { DeviceRequest } from './device-request';
import { lastResortMs, type GatewayLimits } from './limits';

/** The server that devices connect to, without anything that answers them. */
export interface DeviceServer {
  readonly http: Server;
  /** The certificate was renewed: new connections are shown the new one, those that stand go on. */
  renew(): void;
}

/**
 * @param identity what devices are shown; undefined: they connect without TLS
 * @throws BlosmError BLOSM_E_CONFIG_INVALID when the certificate and the key cannot be used
 */
export function createDeviceServer(limits: GatewayLimits, identity: TlsIdentity | undefined): DeviceServer {
  const options = serverOptions(limits);
  if (identity === undefined) return { http: limited(createServer(options), limits), renew: () => undefined };
  const tls = { handshakeTimeout: limits.headersTimeoutMs, ALPNProtocols: ['http/1.1'] };
  const server = createSecure({ ...options, ...tls, ...secureContext(identity) });
  // Who breaks the handshake off is not worth a line: scanners do it all day.
  server.on('tlsClientError', (_fault, socket) => socket.destroy());
  return { http: limited(server, limits), renew: () => server.setSecureContext(secureContext(identity)) };
}

function createSecure(options: ServerOptions<typeof DeviceRequest> & SecureContextOptions): SecureServer {
  try {
    return createTlsServer(options);
  } catch (cause) {
    throw new BlosmError('BLOSM_E_CONFIG_INVALID', `the certificate for devices cannot be used: ${String(cause)}`, {
      stage: 'listen',
      cause,
      hint: 'Check gateway.tls.certificate and gateway.tls.privateKey: PEM, and they have to belong together.',
    });
  }
}

function secureContext({ certificatePem, privateKeyPem }: TlsIdentity): SecureContextOptions {
  return { cert: certificatePem, key: privateKeyPem, minVersion: 'TLSv1.2' };
}

function serverOptions(limits: GatewayLimits): ServerOptions<typeof DeviceRequest> {
  return {
    IncomingMessage: DeviceRequest,
    maxHeaderSize: limits.maxHeaderBytes,
    headersTimeout: limits.headersTimeoutMs,
    // Node looks at the timeouts of header lines only so often; its default of 30 s would be most of what is counted.
    connectionsCheckingInterval: Math.ceil(limits.headersTimeoutMs / 4),
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    // A body may be of any size and a link of any speed: only silence ends a request.
    requestTimeout: 0,
    // A vehicle that drives out of reach says no goodbye.
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
    noDelay: true,
  };
}

function limited(server: Server, limits: GatewayLimits): Server {
  server.maxConnections = limits.maxConnections;
  // Past a certain number Node drops header lines silently; the size bounds them already.
  server.maxHeadersCount = 0;
  server.timeout = lastResortMs(limits);
  limitAddresses(server, limits.maxConnectionsPerAddress);
  return server;
}

/** One address cannot take all connections. */
function limitAddresses(server: Server, max: number): void {
  const open = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const count = (open.get(address) ?? 0) + 1;
    if (count > max) {
      socket.destroy();
      return;
    }
    open.set(address, count);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left > 0) open.set(address, left);
      else open.delete(address);
    });
  });
}

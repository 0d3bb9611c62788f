import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Duplex } from 'node:stream';
import { TLSSocket, type SecureContextOptions } from 'node:tls';
import {
  agree,
  compareSpeakers,
  formatRange,
  parseRange,
  PROTOCOL,
  PROTOCOL_HEADER,
  RELEASE_HEADER,
  speaks,
  type ProtocolRange,
  type Speaker,
} from '../../domain/protocol';
import type { Log } from '../../ports/log';
import type { PeerDirectory, PeerHandlers } from '../../ports/peers';
import type { TlsIdentity } from '../tls/certificate';
import { closeServer } from '../tls/close-server';
import { listenOn, type ListenAddress } from '../tls/listen';
import { answerProblem } from './answers';
import { identifyCaller } from './caller';
import { CALLER_HEADER, createMessageApi } from './message-api';
import { PEER_PATHS, versionOf } from './paths';

/** Takes requests of devices that another agent hands on: the gateway's entry. */
export interface ForwardEntry {
  /** All header lines of a request that it takes from a device, in bytes. */
  readonly maxHeaderBytes: number;
  request(request: IncomingMessage, response: ServerResponse, callerNodeId: string, expectsContinue: boolean): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, callerNodeId: string): void;
}

export interface PeerServerOptions {
  /** Whose agent this is, for what is said of both. */
  readonly nodeId: string;
  readonly identity: TlsIdentity;
  /** `host:port`; port 0: any free one. */
  readonly listen: string;
  readonly directory: PeerDirectory;
  readonly handlers: PeerHandlers;
  readonly forward: ForwardEntry;
  readonly log: Log;
  /** What this agent speaks; another one in tests. */
  readonly protocol?: ProtocolRange;
  /** What registered agents are told; undefined: nothing, as the first release did. */
  readonly release?: string;
  /** Milliseconds since 1970, for the validity of certificates. */
  readonly nowMs?: () => number;
  /** Connections of all callers together, 10 000; further ones are closed, before their TLS handshake. */
  readonly maxConnections?: number;
  /** How long `close` lets requests end by themselves, in milliseconds; 5 s. */
  readonly closeGraceMs?: number;
}

export interface PeerServer {
  readonly address: ListenAddress;
  /** The identity was renewed: new connections are shown the new certificate, those that stand go on. */
  renew(): void;
  close(): Promise<void>;
}

/**
 * Starts the server for other agents: mutual TLS, and a caller is let in only when the ledger has registered its
 * certificate. Everyone else gets 403 and is disconnected before any handler sees the request.
 * @throws BlosmError BLOSM_E_CONFIG_INVALID when the address cannot be had
 */
export async function startPeerServer(options: PeerServerOptions): Promise<PeerServer> {
  const server = createTlsServer(options);
  const tunnels = new Set<Duplex>();
  const api = createMessageApi(options.handlers, options.log);
  const nowMs = options.nowMs ?? Date.now;
  const callerOf = (request: IncomingMessage): string | undefined => {
    const { socket } = request;
    if (!(socket instanceof TLSSocket)) return undefined;
    const caller = identifyCaller(socket, options.directory, nowMs());
    if ('nodeId' in caller) return caller.nodeId;
    options.log.warn({ from: socket.remoteAddress, refusal: caller.refusal }, 'a caller is no registered agent');
    return undefined;
  };
  const protocol = options.protocol ?? PROTOCOL;
  const meets = protocolGuard({ ...protocol, nodeId: options.nodeId }, options.log);
  const onRequest = (request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void => {
    // Also to those who are refused: it tells them apart from agents that say nothing.
    if (!isForward(request)) response.setHeader(PROTOCOL_HEADER, formatRange(protocol));
    const caller = callerOf(request);
    if (caller === undefined) {
      refuseCaller(request, response);
      return;
    }
    if (isForward(request)) {
      options.forward.request(request, response, caller, expectsContinue);
      return;
    }
    // Nobody else's business.
    if (options.release !== undefined) response.setHeader(RELEASE_HEADER, options.release);
    if (!meets(request, response, caller)) return;
    if (expectsContinue) response.writeContinue();
    request.headers[CALLER_HEADER] = caller;
    api(request, response);
  };
  server.on('request', (request, response) => onRequest(request, response, false));
  server.on('checkContinue', (request, response) => onRequest(request, response, true));
  server.on('upgrade', (request, socket: Duplex, head: Buffer) => {
    tunnels.add(socket);
    socket.once('close', () => tunnels.delete(socket));
    const caller = callerOf(request);
    if (caller === undefined || !isForward(request)) {
      refuseUpgrade(request);
      return;
    }
    options.forward.upgrade(request, socket, head, caller);
  });
  const address = await listenOn(server, options.listen, 'other agents');
  return {
    address,
    renew: () => server.setSecureContext(secureContext(options)),
    close: () => closeServer(server, tunnels, options.closeGraceMs ?? 5000),
  };
}

function secureContext({ identity }: PeerServerOptions): SecureContextOptions {
  return { cert: identity.certificatePem, key: identity.privateKeyPem, minVersion: 'TLSv1.2' };
}

function createTlsServer(options: PeerServerOptions): Server {
  const server = createServer({
    ...secureContext(options),
    ALPNProtocols: ['http/1.1'],
    requestCert: true,
    // The channel decides who is let in, not an authority: see identifyCaller.
    rejectUnauthorized: false,
    handshakeTimeout: 5000,
    // More than a gateway takes from a device: what it took gets through with what agents add.
    maxHeaderSize: Math.max(64 * 1024, 2 * options.forward.maxHeaderBytes),
    headersTimeout: 10_000,
    // Bodies of devices may be of any size.
    requestTimeout: 0,
    // Longer than the client keeps an unused connection (15 s), or both would race.
    keepAliveTimeout: 30_000,
    keepAlive: true,
    noDelay: true,
  });
  server.maxHeadersCount = 0;
  server.maxConnections = options.maxConnections ?? 10_000;
  return server;
}

/**
 * Answers what is of a version that is not spoken here; true: the message may go on to its route. The answer tells what
 * is spoken: a caller that speaks some of it too, as one of a newer release does, asks again under that.
 */
function protocolGuard(
  own: Speaker,
  log: Log,
): (request: IncomingMessage, response: ServerResponse, caller: string) => boolean {
  const told = new Set<string>();
  return (request, response, caller) => {
    const message = versionOf(request.url ?? '');
    if (message === undefined) return true;
    if (speaks(own, message.version)) {
      request.url = message.path;
      return true;
    }
    const other = parseRange(request.headers[PROTOCOL_HEADER]?.toString());
    const said = compareSpeakers(own, { ...other, nodeId: caller });
    // Each of its calls would say it again.
    const key = `${caller} ${formatRange(other)}`;
    const level = agree(own, other) === undefined ? 'warn' : 'info';
    if (!told.has(key)) log[level]({ caller, speaks: formatRange(other) }, said);
    told.add(key);
    request.resume();
    answerProblem(response, UPGRADE_REQUIRED, 'BLOSM_E_PROTOCOL_VERSION', said);
    return false;
  };
}

const UPGRADE_REQUIRED = 426;

function isForward(request: IncomingMessage): boolean {
  return request.url?.startsWith(PEER_PATHS.forward) === true;
}

/** The server has let go of the connection: nobody else would close it. */
function refuseUpgrade({ socket }: IncomingMessage): void {
  socket.on('error', () => undefined).write('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
  socket.destroySoon();
}

function refuseCaller(request: IncomingMessage, response: ServerResponse): void {
  response.shouldKeepAlive = false;
  response.once('finish', () => request.socket.destroySoon());
  answerProblem(response, 403, 'BLOSM_E_FORBIDDEN', 'this certificate is not the registered one of an agent');
}

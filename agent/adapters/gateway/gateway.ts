import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Log } from '../../ports/log';
import type { Router } from '../../ports/traffic';
import { listenOn, type ListenAddress } from '../tls/listen';
import type { PeerLinks } from '../tls/peer-links';
import { answerClientError } from './client-error';
import { closeServer } from '../tls/close-server';
import { responseOnSocket } from './device-exchange';
import { DeviceRequest } from './device-request';
import { dispatch } from './dispatch';
import type { ExchangeContext } from './exchange';
import { DEFAULT_LIMITS, type GatewayLimits } from './limits';
import { ReplayBudget } from './replay-budget';
import { openServicePool } from './targets';
import { Turns } from './turns';

export interface GatewayOptions {
  /** `host:port`; port 0: any free one. */
  readonly listen: string;
  readonly router: Router;
  /** The way to other agents. */
  readonly forwarder: PeerLinks;
  readonly log: Log;
  readonly limits?: Partial<GatewayLimits>;
}

/** What the peer server hands requests to that another agent forwards. `callerNodeId` is proven. */
export interface ForwardedRequests {
  request(request: IncomingMessage, response: ServerResponse, callerNodeId: string, expectsContinue: boolean): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, callerNodeId: string): void;
}

export interface Gateway {
  readonly address: ListenAddress;
  readonly forwarded: ForwardedRequests;
  /** Takes no more connections, lets requests end for a while, then cuts what is left. */
  close(): Promise<void>;
}

/**
 * Starts the HTTP server that devices connect to (design, section 5).
 * @throws BlosmError BLOSM_E_CONFIG_INVALID when the address cannot be had
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const pool = openServicePool();
  const context: ExchangeContext = {
    router: options.router,
    links: options.forwarder,
    log: options.log,
    budget: new ReplayBudget(limits.replayTotalBytes),
    limits,
    pool,
  };
  const entry = createEntry(context);
  const server = createDeviceServer(limits);
  server.on('request', (request, response) => entry.request(request, response, null, false));
  server.on('checkContinue', (request, response) => entry.request(request, response, null, true));
  server.on('upgrade', (request, socket, head) => entry.upgrade(request, socket, head, null));
  server.on('clientError', answerClientError);
  const address = await listenOn(server, options.listen, 'devices');
  const close = async (): Promise<void> => {
    await closeServer(server, entry.tunnels, limits.closeGraceMs);
    pool.destroy();
  };
  return { address, forwarded: entry, close };
}

/** Where requests begin, wherever they come from. */
interface Entry {
  readonly tunnels: Set<Duplex>;
  request(request: IncomingMessage, response: ServerResponse, forwardedBy: string | null, expects: boolean): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, forwardedBy: string | null): void;
}

function createEntry(context: ExchangeContext): Entry {
  const turns = new Turns();
  const tunnels = new Set<Duplex>();
  return {
    tunnels,
    request: (request, response, forwardedBy, expectsContinue): void => {
      void turns.run(request.socket, () => dispatch({ request, response, forwardedBy, expectsContinue }, context));
    },
    upgrade: (request, socket, head, forwardedBy): void => {
      tunnels.add(socket);
      request.socket.setTimeout(0);
      // The server has let go of the socket: its errors are ours now, and its close says enough.
      socket.on('error', () => undefined).once('close', () => tunnels.delete(socket));
      const response = responseOnSocket(request);
      const incoming = { request, response, forwardedBy, expectsContinue: false, upgrade: { socket, head } };
      void turns.run(socket, () => dispatch(incoming, context));
    },
  };
}

function createDeviceServer(limits: GatewayLimits): Server {
  const server = createServer({
    IncomingMessage: DeviceRequest,
    maxHeaderSize: limits.maxHeaderBytes,
    headersTimeout: limits.headersTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    // A body may be of any size and a link of any speed: only silence ends a request.
    requestTimeout: 0,
    // A vehicle that drives out of reach says no goodbye.
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
    noDelay: true,
  });
  server.maxConnections = limits.maxConnections;
  // Past a certain number Node drops header lines silently; the size bounds them already.
  server.maxHeadersCount = 0;
  // The last resort: every state of a request has a shorter limit of its own.
  server.timeout = 3 * limits.idleTimeoutMs + 60_000;
  return server;
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { DeviceAuth } from '../../ports/device-auth';
import type { Log } from '../../ports/log';
import type { Router } from '../../ports/traffic';
import type { TlsIdentity } from '../tls/certificate';
import { listenOn, type ListenAddress } from '../tls/listen';
import type { PeerLinks } from '../tls/peer-links';
import { answerClientError } from './client-error';
import { closeServer } from '../tls/close-server';
import { createDeviceServer } from './device-server';
import { dispatch, type GatewayContext } from './dispatch';
import type { ExchangeContext } from './exchange';
import { HeldRequests } from './held-requests';
import { DEFAULT_LIMITS, lastResortMs, type GatewayLimits, type ServiceLimits } from './limits';
import { ReplayBudget } from './replay-budget';
import { contextOf } from './service-limits';
import { Slots } from './slots';
import { openServicePool } from './targets';
import { Turns } from './turns';
import { responseOnSocket, takeOver } from './upgrade';

export interface GatewayOptions {
  /** `host:port`; port 0: any free one. */
  readonly listen: string;
  readonly router: Router;
  /** The way to other agents. */
  readonly forwarder: PeerLinks;
  readonly log: Log;
  /** What devices are shown; undefined: they connect without TLS. */
  readonly tls?: TlsIdentity | undefined;
  /** Undefined: devices are not asked who they are. */
  readonly auth?: DeviceAuth | undefined;
  readonly limits?: Partial<GatewayLimits>;
  /** By service id; of all others the gateway's own limits count. */
  readonly services?: ReadonlyMap<string, ServiceLimits>;
}

/** What the peer server hands requests to that another agent forwards. `callerNodeId` is proven. */
export interface ForwardedRequests {
  /** All header lines of a request that this gateway takes from a device, in bytes. */
  readonly maxHeaderBytes: number;
  request(request: IncomingMessage, response: ServerResponse, callerNodeId: string, expectsContinue: boolean): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, callerNodeId: string): void;
}

export interface Gateway {
  readonly address: ListenAddress;
  readonly forwarded: ForwardedRequests;
  /** The certificate was renewed: new connections are shown the new one, those that stand go on. */
  renew(): void;
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
    auth: options.auth,
    held: new HeldRequests(options.router, limits.maxHeldRequests),
    budget: new ReplayBudget(limits.replayTotalBytes),
    limits,
    pool,
    slots: new Slots(Infinity),
    requestHeaderBytes: Infinity,
    durationMs: Infinity,
  };
  const services = options.services ?? new Map<string, ServiceLimits>();
  const own = new Map([...services].map(([serviceId, each]) => [serviceId, contextOf(context, each)]));
  const idleTimeoutMs = Math.max(limits.idleTimeoutMs, ...[...own.values()].map((each) => each.limits.idleTimeoutMs));
  const widest = { ...limits, idleTimeoutMs };
  const forService = (serviceId: string): ExchangeContext => own.get(serviceId) ?? context;
  const entry = createEntry({ ...context, forService }, lastResortMs(widest));
  const devices = createDeviceServer(widest, options.tls);
  const server = devices.http;
  server.on('request', (request, response) => entry.request(request, response, null, false));
  server.on('checkContinue', (request, response) => entry.request(request, response, null, true));
  server.on('upgrade', (request, socket, head) => entry.upgrade(request, socket, head, null));
  server.on('clientError', answerClientError);
  const address = await listenOn(server, options.listen, 'devices');
  const close = async (): Promise<void> => {
    await closeServer(server, entry.tunnels, limits.closeGraceMs);
    pool.destroy();
  };
  return {
    address,
    forwarded: { ...entry, maxHeaderBytes: limits.maxHeaderBytes },
    renew: () => devices.renew(),
    close,
  };
}

/** Where requests begin, wherever they come from. */
interface Entry {
  readonly tunnels: Set<Duplex>;
  request(request: IncomingMessage, response: ServerResponse, forwardedBy: string | null, expects: boolean): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, forwardedBy: string | null): void;
}

/** @param silenceMs the last resort against a silent device whose request asks for another protocol */
function createEntry(context: GatewayContext, silenceMs: number): Entry {
  const turns = new Turns();
  const tunnels = new Set<Duplex>();
  return {
    tunnels,
    request: (request, response, forwardedBy, expectsContinue): void => {
      void turns.run(request.socket, () => dispatch({ request, response, forwardedBy, expectsContinue }, context));
    },
    upgrade: (request, socket, head, forwardedBy): void => {
      tunnels.add(socket);
      socket.once('close', () => tunnels.delete(socket));
      takeOver(request.socket, silenceMs);
      void turns.run(socket, async () => {
        const response = await responseOnSocket(request, silenceMs);
        if (response === undefined) return;
        await dispatch({ request, response, forwardedBy, expectsContinue: false, upgrade: { socket, head } }, context);
      });
    },
  };
}

import { Agent, type RequestOptions } from 'node:http';
import type { RequestFacts, RouteDecision } from '../../ports/traffic';
import type { PeerLinks } from '../tls/peer-links';
import { headersForPeer, headersForService } from './headers';
import type { GatewayLimits } from './limits';
import type { Outgoing } from './relay';
import type { DeviceExchange } from './device-exchange';
import { FORWARD_PREFIX } from './request-target';

/** A decision that leads somewhere. */
export type Way = Extract<RouteDecision, { kind: 'serve' | 'forward' }>;

/**
 * Kept connections to containers. node:http's own pool, not undici's: one mechanism then carries plain requests,
 * upgrades and pinned TLS to other agents, and it tells whether a byte has left, on which the rule of re-sending
 * rests. Unused connections go after one second, sooner than any common server closes them, so that a request
 * hardly ever meets a connection that is being closed.
 */
export function openServicePool(): Agent {
  return new Agent({ keepAlive: true, timeout: 1000, scheduling: 'lifo', maxFreeSockets: 64 });
}

export interface TargetContext {
  readonly pool: Agent;
  readonly links: PeerLinks;
  readonly limits: GatewayLimits;
}

/**
 * @throws BlosmError BLOSM_E_PEER_UNREACHABLE when the other agent's address is unknown
 */
export function outgoingFor(way: Way, exchange: DeviceExchange, facts: RequestFacts, context: TargetContext): Outgoing {
  const { limits } = context;
  const timing = { connectTimeoutMs: limits.connectTimeoutMs, idleTimeoutMs: limits.idleTimeoutMs };
  if (way.kind === 'serve') return { ...timing, secure: false, options: serviceOptions(way, exchange, context) };
  // The link has its own, longer timeout for the TLS handshake.
  const connectTimeoutMs = limits.connectTimeoutMs + 3000;
  return { ...timing, connectTimeoutMs, secure: true, options: peerOptions(way, exchange, facts, context) };
}

function serviceOptions(
  way: Extract<Way, { kind: 'serve' }>,
  exchange: DeviceExchange,
  context: TargetContext,
): RequestOptions {
  const host = `${way.host.includes(':') ? `[${way.host}]` : way.host}:${way.port}`;
  return {
    host: way.host,
    port: way.port,
    agent: context.pool,
    method: exchange.method,
    path: exchange.path,
    headers: headersForService(exchange, host),
    maxHeaderSize: 2 * context.limits.maxHeaderBytes,
  };
}

function peerOptions(
  way: Extract<Way, { kind: 'forward' }>,
  exchange: DeviceExchange,
  facts: RequestFacts,
  context: TargetContext,
): RequestOptions {
  const link = context.links.linkTo(way.nodeId);
  return {
    host: link.host,
    port: link.port,
    agent: link.agent,
    method: exchange.method,
    path: `${FORWARD_PREFIX}/${facts.serviceId}${exchange.path}`,
    headers: headersForPeer(exchange, facts, way.reason),
    maxHeaderSize: 2 * context.limits.maxHeaderBytes,
  };
}

import { startGateway, type Gateway, type GatewayLimits, type ServiceLimits } from '../adapters/gateway';
import { openIdentity } from '../adapters/identity';
import { createDeviceAuth } from '../adapters/jwt';
import type { PeerLinks } from '../adapters/tls';
import type { AgentConfig } from '../config/schema';
import type { Clock } from '../ports/clock';
import type { DeviceAuth } from '../ports/device-auth';
import type { Log } from '../ports/log';
import type { Router } from '../ports/traffic';

type GatewayConfig = AgentConfig['gateway'];

export interface GatewayParts {
  readonly router: Router;
  readonly links: PeerLinks;
  readonly log: Log;
  readonly clock: Clock;
}

/**
 * Starts the gateway as the configuration describes it; a renewed certificate is taken up without a restart.
 * @throws BlosmError BLOSM_E_CONFIG_INVALID
 */
export async function openGateway(config: GatewayConfig, parts: GatewayParts): Promise<Gateway> {
  const { log, clock } = parts;
  const what = { name: "the gateway's certificate", keys: 'gateway.tls.certificate and gateway.tls.privateKey' };
  const tls = config.tls === undefined ? undefined : await openIdentity(config.tls, { log, clock, what, curve: 'any' });
  const options = {
    ...{ listen: config.listen, router: parts.router, forwarder: parts.links, log, tls },
    auth: config.auth === undefined ? undefined : authOf(config.auth, parts),
    limits: limitsOf(config),
    services: new Map(Object.entries(config.services).map(([serviceId, own]) => [serviceId, serviceLimitsOf(own)])),
  };
  const gateway = await startGateway(options).catch(async (error: unknown) => {
    await tls?.close();
    throw error;
  });
  tls?.onRenewal(() => gateway.renew());
  const close = async (): Promise<void> => {
    await tls?.close();
    await gateway.close();
  };
  return { ...gateway, close };
}

function authOf(
  { jwksFile, jwksUrl, ...rest }: NonNullable<GatewayConfig['auth']>,
  { log, clock }: GatewayParts,
): DeviceAuth {
  // The schema lets exactly one of them through.
  const keys = jwksUrl === undefined ? { file: jwksFile ?? '' } : { url: jwksUrl };
  return createDeviceAuth({ ...rest, keys, log, clock });
}

const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * 1024;

/** From what operators write (KiB, MiB, seconds) to what the code uses (bytes, milliseconds). */
function limitsOf({ limits, services }: GatewayConfig): Partial<GatewayLimits> {
  return {
    maxConnections: limits.connections,
    maxConnectionsPerAddress: limits.connectionsPerAddress,
    maxHeaderBytes: limits.headerKiB * KIBIBYTE,
    maxBodyBytes: bodyBytesOf(limits.bodyMiB),
    maxHeldRequests: limits.heldRequests,
    holdMs: 1000 * Math.max(limits.holdSeconds, ...Object.values(services).map((own) => own.holdSeconds ?? 0)),
    headersTimeoutMs: limits.headersSeconds * 1000,
    keepAliveTimeoutMs: limits.keepAliveSeconds * 1000,
    idleTimeoutMs: limits.idleSeconds * 1000,
    replayBytes: limits.replayKiB * KIBIBYTE,
    replayTotalBytes: limits.replayTotalMiB * MEBIBYTE,
  };
}

/** What the service does not have of its own stays undefined. `holdSeconds` is the Router's. */
function serviceLimitsOf(own: GatewayConfig['services'][string]): ServiceLimits {
  return {
    maxHeaderBytes: scaled(own.headerKiB, KIBIBYTE),
    maxBodyBytes: own.bodyMiB === undefined ? undefined : bodyBytesOf(own.bodyMiB),
    maxRequests: own.requests,
    maxHeldRequests: own.heldRequests,
    idleTimeoutMs: scaled(own.idleSeconds, 1000),
    durationMs: scaled(own.durationSeconds, 1000),
  };
}

const bodyBytesOf = (bodyMiB: number): number => (bodyMiB === 0 ? Infinity : bodyMiB * MEBIBYTE);

const scaled = (value: number | undefined, factor: number): number | undefined =>
  value === undefined ? undefined : value * factor;

import type { NodeProfile, Resources } from '../../chaincode/src/model';
import type { AgentSettings } from '../app/context';
import type { AgentConfig } from '../config/schema';
import { positionOfDegrees } from '../domain/geo';

const MEBIBYTE = 1_048_576;
/** Not worth a key of the configuration yet; milliseconds. */
const TIMES = { drainMs: 10_000, warmMs: 60_000, resyncMs: 10_000 };

/** From what operators write (MiB, seconds, degrees) to what the code uses (bytes, milliseconds, micro-degrees). */
export function settingsOf(config: AgentConfig): AgentSettings {
  const { cluster, confirmation, evaluation, gateway, lease, migration, registry } = config;
  return {
    profile: profileOf(config),
    applicationTypes: cluster.applicationTypes,
    capacity: capacityOf(cluster.capacity),
    registryAddress: registry.address,
    policy: evaluation.policy,
    allow: evaluation.allow,
    offerMs: evaluation.offerSeconds * 1000,
    strategy: migration.strategy,
    hysteresis: { meters: migration.hysteresisMeters, durationMs: migration.hysteresisSeconds * 1000 },
    confirmationSource: confirmation.source,
    decisionMs: migration.decisionSeconds * 1000,
    deadlineMs: migration.deadlineSeconds * 1000,
    backoffMs: migration.backoffSeconds * 1000,
    positionMs: migration.positionSeconds * 1000,
    roomMs: migration.roomSeconds * 1000,
    leaseMs: lease.seconds * 1000,
    holdMs: gateway.limits.holdSeconds * 1000,
    serviceHoldMs: serviceHoldMsOf(gateway.services),
    ...TIMES,
  };
}

function serviceHoldMsOf(services: AgentConfig['gateway']['services']): ReadonlyMap<string, number> {
  return new Map(
    Object.entries(services).flatMap(([serviceId, { holdSeconds }]) =>
      holdSeconds === undefined ? [] : [[serviceId, holdSeconds * 1000] as const],
    ),
  );
}

/** What the node says of itself on the ledger. */
export function profileOf({ cluster, gateway, peers }: AgentConfig): NodeProfile {
  return {
    name: cluster.name,
    sourceIp: cluster.sourceIp,
    agentUrl: peers.advertiseUrl ?? `https://${peers.listen}`,
    gatewayUrl: gateway.advertiseUrl ?? `${gateway.tls === undefined ? 'http' : 'https'}://${gateway.listen}`,
    site: positionOfDegrees(cluster.site.latitude, cluster.site.longitude),
    coverageRadiusMeters: cluster.coverageRadiusMeters,
  };
}

function capacityOf(declared: AgentConfig['cluster']['capacity']): Partial<Resources> {
  const { memoryMiB, cpuMillis, gpuMillis, diskMiB } = declared;
  return {
    ...(memoryMiB === undefined ? {} : { memoryBytes: memoryMiB * MEBIBYTE }),
    ...(cpuMillis === undefined ? {} : { cpuMillis }),
    ...(gpuMillis === undefined ? {} : { gpuMillis }),
    ...(diskMiB === undefined ? {} : { diskBytes: diskMiB * MEBIBYTE }),
  };
}

import type { ClusterView, InstanceView, LedgerTransactionView, ServiceView } from '../../ports/control';
import { age, bytes, cores, degrees, time } from '../output/quantities';
import { facts, table } from '../output/table';

export const clusterTable = (clusters: readonly ClusterView[]): string =>
  table(
    ['CLUSTER', 'NODE', 'STATE', 'SITE', 'RADIUS', 'GATEWAY', 'AGENT'],
    clusters.map((cluster) => [
      `${cluster.name}${cluster.isSelf ? ' *' : ''}`,
      cluster.nodeId,
      cluster.cordoned ? `${cluster.state},CORDONED` : cluster.state,
      `${degrees(cluster.site.latE6)},${degrees(cluster.site.lonE6)}`,
      `${cluster.coverageRadiusMeters} m`,
      cluster.gatewayUrl,
      cluster.agentUrl,
    ]),
  );

export const serviceTable = (services: readonly ServiceView[], nowMs: number): string =>
  table(
    ['SERVICE', 'TYPE', 'IMAGE', 'SIZE', 'STATE', 'TENANCY', 'BY', 'AGE'],
    services.map((service) => [
      service.serviceId,
      service.applicationType,
      service.image.repository,
      bytes(service.image.sizeBytes),
      service.state,
      service.tenancy,
      service.registeredByName,
      age(service.registeredAtMs, nowMs),
    ]),
  );

export const serviceText = (service: ServiceView): string =>
  facts([
    ['service', service.serviceId],
    ['application type', service.applicationType],
    ['image', `${service.image.repository}@${service.image.manifestDigest}`],
    ['config digest', service.image.configDigest],
    ['size', bytes(service.image.sizeBytes)],
    ['run spec', service.specSha256],
    ['state', service.state],
    ['tenancy', service.tenancy],
    ['needs', needs(service.need)],
    ['platform', platform(service.platform)],
    ['registered', `${time(service.registeredAtMs)} by ${service.registeredByName}`],
  ]);

export const needs = (need: ServiceView['need']): string =>
  [
    `${bytes(need.memoryBytes)} memory`,
    `${cores(need.cpuMillis)} cores`,
    `${cores(need.gpuMillis)} GPU`,
    `${bytes(need.diskBytes)} disk`,
  ].join(', ');

const platform = ({ os, architecture, variant }: ServiceView['platform']): string =>
  [os, architecture, variant].filter((part) => part !== '').join('/');

export const instanceTable = (instances: readonly InstanceView[], nowMs: number): string =>
  table(
    ['INSTANCE', 'SERVICE', 'OWNER', 'EPOCH', 'MIGRATION', 'HERE', 'AGE'],
    instances.map((instance) => [
      instance.instanceId,
      instance.serviceId,
      instance.ownerName,
      String(instance.epoch),
      instance.openMigrationId ?? '-',
      instance.container?.state ?? '-',
      age(instance.createdAtMs, nowMs),
    ]),
  );

const recovered = ({ recoveredFrom }: InstanceView): string =>
  recoveredFrom === null ? '' : `, recovered from its ${recoveredFrom}`;

export const instanceText = (instance: InstanceView): string =>
  facts([
    ['instance', instance.instanceId],
    ['service', instance.serviceId],
    ['owner', `${instance.ownerName} (${instance.ownerNodeId}), epoch ${instance.epoch}${recovered(instance)}`],
    ['image', instance.configDigest],
    ['run spec', instance.specSha256],
    ['open migration', instance.openMigrationId ?? 'none'],
    ['container here', instance.container ? `${instance.container.containerId} ${instance.container.state}` : 'none'],
    ['created', time(instance.createdAtMs)],
    ['updated', time(instance.updatedAtMs)],
  ]);

/** Where the service runs from now on, and with what. */
export function recoveryText({ instanceId, serviceId, ownerName, epoch, recoveredFrom }: InstanceView): string {
  const kept = recoveredFrom === 'copy' ? 'from the copy that it kept' : 'anew from its image, without its state';
  return `${serviceId} of ${instanceId} runs at ${ownerName} from now on, epoch ${epoch}, ${kept}.\n`;
}

export const transactionText = (transaction: LedgerTransactionView): string =>
  facts([
    ['transaction', transaction.transactionId],
    ['block', String(transaction.blockNumber)],
    ['validation', transaction.validationCode],
    ['time', time(transaction.timestampMs)],
    ['creator', transaction.creatorMspId],
    ['function', transaction.functionName === '' ? '(no call of the chaincode)' : transaction.functionName],
    ['endorsers', transaction.endorserMspIds.join(', ')],
    ['size', bytes(transaction.sizeBytes)],
    ...transaction.args.map((arg, index): [string, string] => [`argument ${index + 1}`, arg]),
  ]);

import type { ClusterView, InstanceView, LedgerTransactionView, ServiceView } from '../../ports/control';
import { age, bytes, cores, degrees, time } from '../output/quantities';
import { columnTable, facts } from '../output/table';

const stateOf = ({ state, cordoned }: ClusterView): string => (cordoned ? `${state},CORDONED` : state);
const siteOf = ({ site }: ClusterView): string => `${degrees(site.latE6)},${degrees(site.lonE6)}`;

export const clusterTable = (clusters: readonly ClusterView[], isWide = false): string =>
  columnTable(
    clusters,
    [
      ['CLUSTER', ({ name, isSelf }) => `${name}${isSelf ? ' *' : ''}`],
      ['NODE', ({ nodeId }) => nodeId],
      ['STATE', stateOf],
      ['SITE', siteOf],
      ['RADIUS', ({ coverageRadiusMeters }) => `${coverageRadiusMeters} m`],
      ['GATEWAY', ({ gatewayUrl }) => gatewayUrl],
      ['AGENT', ({ agentUrl }) => agentUrl],
      ['SOURCE IP', ({ sourceIp }) => sourceIp, 'wide'],
      ['REVISION', ({ revision }) => String(revision), 'wide'],
      ['REGISTERED', ({ registeredAtMs }) => time(registeredAtMs), 'wide'],
      ['UPDATED', ({ updatedAtMs }) => time(updatedAtMs), 'wide'],
      ['CERTIFICATE', ({ agentCertificateSha256 }) => agentCertificateSha256, 'wide'],
    ],
    isWide,
  );

export const clusterText = (cluster: ClusterView, isWide = false): string =>
  facts([
    ['cluster', `${cluster.name} (${cluster.nodeId})${cluster.isSelf ? ', which answers here' : ''}`],
    ['state', stateOf(cluster)],
    ['site', `${siteOf(cluster)}, covers ${cluster.coverageRadiusMeters} m`],
    ['gateway', cluster.gatewayUrl],
    ['agent', cluster.agentUrl],
    ['source IP', cluster.sourceIp],
    ['registered', time(cluster.registeredAtMs)],
    ['updated', `${time(cluster.updatedAtMs)}, revision ${cluster.revision}`],
    ...(isWide ? [['certificate', cluster.agentCertificateSha256] as const] : []),
  ]);

export const serviceTable = (services: readonly ServiceView[], nowMs: number, isWide = false): string =>
  columnTable(
    services,
    [
      ['SERVICE', ({ serviceId }) => serviceId],
      ['TYPE', ({ applicationType }) => applicationType],
      ['IMAGE', ({ image }) => image.repository],
      ['SIZE', ({ image }) => bytes(image.sizeBytes)],
      ['STATE', ({ state }) => state],
      ['TENANCY', ({ tenancy }) => tenancy],
      ['BY', ({ registeredByName }) => registeredByName],
      ['AGE', ({ registeredAtMs }) => age(registeredAtMs, nowMs)],
      ['PLATFORM', (service) => platform(service.platform), 'wide'],
      ['NEEDS', ({ need }) => needs(need), 'wide'],
      ['MANIFEST', ({ image }) => image.manifestDigest, 'wide'],
    ],
    isWide,
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

export const instanceTable = (instances: readonly InstanceView[], nowMs: number, isWide = false): string =>
  columnTable(
    instances,
    [
      ['INSTANCE', ({ instanceId }) => instanceId],
      ['SERVICE', ({ serviceId }) => serviceId],
      ['OWNER', ({ ownerName }) => ownerName],
      ['EPOCH', ({ epoch }) => String(epoch)],
      ['MIGRATION', ({ openMigrationId }) => openMigrationId ?? '-'],
      ['HERE', ({ container }) => container?.state ?? '-'],
      ['AGE', ({ createdAtMs }) => age(createdAtMs, nowMs)],
      ['UPDATED', ({ updatedAtMs }) => time(updatedAtMs), 'wide'],
      ['CONTAINER', ({ container }) => container?.containerId.slice(0, 12) ?? '-', 'wide'],
      ['IMAGE', ({ configDigest }) => configDigest, 'wide'],
      ['RUN SPEC', ({ specSha256 }) => specSha256, 'wide'],
    ],
    isWide,
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

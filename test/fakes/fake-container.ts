import type {
  ContainerObservation,
  ContainerOrder,
  ImageObservation,
  TransferProgress,
} from '../../agent/ports/engine';
import type { FakeImage } from './registry';

export interface FakeContainer {
  readonly id: string;
  readonly order: ContainerOrder;
  readonly image: FakeImage;
  readonly createdAtMs: number;
  /** Has one while it runs. */
  host: string;
  state: ContainerObservation['state'];
  exitCode: number;
  startedAtMs: number;
  /** The writable layer. */
  readonly files: Record<string, string>;
}

export function end(container: FakeContainer, exitCode: number): void {
  container.state = 'exited';
  container.exitCode = exitCode;
}

export const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

export const finished = (layers: number, bytes: number): TransferProgress => ({
  layersDone: layers,
  layersTotal: layers,
  bytesDone: bytes,
  bytesTotal: bytes,
});

export const ownerText = ({ nodeId, serviceId, instanceId, migrationId }: ContainerOrder): string =>
  [nodeId, serviceId, instanceId, migrationId].join('/');

export const imageObservation = ({ configDigest, layers, platform }: FakeImage): ImageObservation => ({
  configDigest,
  diffIds: layers.map((layer) => layer.diffId),
  sizeBytes: sum(layers.map((layer) => layer.sizeBytes)),
  platform,
});

export const observationOf = ({
  id,
  order,
  image,
  state,
  exitCode,
  host,
  createdAtMs,
}: FakeContainer): ContainerObservation => ({
  nodeId: order.nodeId,
  serviceId: order.serviceId,
  instanceId: order.instanceId,
  migrationId: order.migrationId,
  containerId: id,
  state,
  exitCode,
  configDigest: image.configDigest,
  host: state === 'running' ? host : '',
  port: order.spec.port,
  promised: order.promised,
  createdAtMs,
});

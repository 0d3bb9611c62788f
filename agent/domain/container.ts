import type { Resources } from '../../chaincode/src/model';

/** Who a container belongs to: kept as labels, so that it survives the agent. */
export interface ContainerOwner {
  readonly nodeId: string;
  readonly serviceId: string;
  /** Empty: all instances of the service on the node use it (tenancy `shared`). */
  readonly instanceId: string;
  /** The migration that brought it here; empty when it was created here, or is shared. */
  readonly migrationId: string;
}

/** True for the one container that all instances of its service on this node use. */
export const isShared = ({ instanceId }: ContainerOwner): boolean => instanceId === '';

export interface ContainerObservation extends ContainerOwner {
  readonly containerId: string;
  readonly state: 'created' | 'running' | 'paused' | 'exited' | 'dead';
  readonly exitCode: number;
  /** The config digest of its image. */
  readonly configDigest: string;
  /** Address inside the engine's network; empty when it does not run. */
  readonly host: string;
  readonly port: number;
  /** What was promised to it when it was created. */
  readonly promised: Resources;
  readonly createdAtMs: number;
}

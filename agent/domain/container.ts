import type { Resources } from '../../chaincode/src/model';

/** Who a container belongs to: kept as labels, so that it survives the agent. */
export interface ContainerOwner {
  readonly nodeId: string;
  readonly serviceId: string;
  readonly instanceId: string;
  /** The migration that brought it here; empty when it was created here. */
  readonly migrationId: string;
}

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

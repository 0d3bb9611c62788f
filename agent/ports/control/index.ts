import type { ClusterControl } from './clusters';
import type { FeedControl } from './feeds';
import type { DrainControl } from './drain';
import type { InstanceControl } from './instances';
import type { LedgerControl } from './ledger';
import type { MigrationControl } from './migrations';
import type { RouteControl } from './routes';
import type { PlacementControl } from './placement';
import type { ServiceControl } from './services';
import type { StatusControl } from './status';

/*
 * What the control API takes and gives: the ledger's records, and beside each node id the name that people use.
 * Answers are read loosely (a newer agent may add fields), requests strictly (a typing error must not pass).
 */
export * from './clusters';
export * from './feeds';
export * from './drain';
export * from './instances';
export * from './ledger';
export * from './migrations';
export * from './placement';
export * from './request';
export * from './routes';
export * from './services';
export * from './status';

/**
 * What an operator may ask of the agent: one operation for each route of the control API. An id that nobody knows fails
 * with BLOSM_E_NOT_FOUND; anything that needs the ledger may fail with the codes of the ledger port.
 */
export interface ControlService extends StatusControl {
  readonly clusters: ClusterControl;
  readonly drain: DrainControl;
  readonly services: ServiceControl;
  readonly instances: InstanceControl;
  readonly migrations: MigrationControl;
  readonly placement: PlacementControl;
  readonly ledger: LedgerControl;
  readonly routes: RouteControl;
  readonly feeds: FeedControl;
}

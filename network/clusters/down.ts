import { fabricDown, fabricReset } from '../fabric';
import { readPlan, sandboxDown, stopAgent } from '../sandbox';

export interface ClustersDownOptions {
  readonly stateDir: string;
  /** Also removes the ledgers, images and journals. */
  readonly purge?: boolean;
  readonly signal?: AbortSignal;
}

/** Stops everything that {@link clustersUp} made, from the state folder alone; what is gone already is no error. */
export async function clustersDown({ stateDir, purge = false, signal }: ClustersDownOptions): Promise<void> {
  const limits = signal === undefined ? {} : { signal };
  const plan = readPlan(stateDir);
  await Promise.all((plan?.clusters ?? []).map((cluster) => stopAgent(cluster, signal)));
  await (purge ? fabricReset : fabricDown)({ stateFolder: stateDir, ...limits });
  await sandboxDown({ stateDir, purge, ...limits });
}

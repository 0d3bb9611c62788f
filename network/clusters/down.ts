import { hasCode } from '../../chaincode/src/model';
import { fabricDown, fabricReset } from '../fabric';
import { readPlan, sandboxDown, stopAgent, type ClusterPlan } from '../sandbox';

export interface ClustersDownOptions {
  readonly stateDir: string;
  /** Also removes the ledgers, images and journals. */
  readonly purge?: boolean;
  readonly signal?: AbortSignal;
}

/** Stops everything that {@link clustersUp} made, from the state folder alone; what is gone already is no error. */
export async function clustersDown({ stateDir, purge = false, signal }: ClustersDownOptions): Promise<void> {
  const limits = signal === undefined ? {} : { signal };
  await Promise.all(knownClusters(stateDir).map((cluster) => stopAgent(cluster, signal)));
  await (purge ? fabricReset : fabricDown)({ stateFolder: stateDir, ...limits });
  await sandboxDown({ stateDir, purge, ...limits });
}

function knownClusters(stateDir: string): readonly ClusterPlan[] {
  try {
    return readPlan(stateDir).clusters;
  } catch (error) {
    if (hasCode(error, 'BLOSM_E_NOT_FOUND')) return [];
    throw error;
  }
}

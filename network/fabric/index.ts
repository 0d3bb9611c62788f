/** A Fabric network of native processes: one orderer, and a peer and a chaincode process per cluster. */
import { BlosmError } from '../../chaincode/src/model';
import { deployChaincode, ensureChaincodeProcesses, type DeployOutcome } from './lifecycle/deploy';
import { isHealthy } from './nodes/operations';
import { requireFabricState, type FabricState } from './state';
import { chaincodeFolder } from './up';

export { fabricDown, fabricReset, type FabricDownOptions } from './down';
export { clusterFabricFiles, type ClusterFabricFiles } from './layout';
export { localPlacement, type ClusterHost, type OrdererHost, type Placement } from './placement';
export { readFabricState, requireFabricState, type FabricState } from './state';
export { fabricStatus, type ComponentStatus, type FabricStatus } from './status';
export { fabricUp, type FabricUpOptions, type FabricUpOutcome } from './up';

/** What to deploy on which network. */
export interface FabricDeployOptions {
  readonly stateFolder: string;
  /** The chaincode's folder, built; the project's own when left out. */
  readonly chaincodeFolder?: string;
  readonly signal?: AbortSignal;
}

/**
 * Puts the chaincode, if it has changed, on a running network at the next sequence and restarts its processes.
 * @throws BlosmError BLOSM_E_NOT_FOUND (no network), BLOSM_E_LEDGER_UNREACHABLE (not up), BLOSM_E_PREREQUISITE (not
 * built), BLOSM_E_COMMAND_FAILED
 */
export async function fabricDeploy(options: FabricDeployOptions): Promise<DeployOutcome> {
  const wait = { signal: options.signal };
  const state = requireFabricState(options.stateFolder);
  await requireRunning(state);
  const outcome = await deployChaincode(state, chaincodeFolder(options), wait);
  await ensureChaincodeProcesses(outcome.state, wait);
  return outcome;
}

/** A deployment needs every organisation: it is not begun with one missing. */
async function requireRunning(state: FabricState): Promise<void> {
  const hosts = [state.placement.orderer, ...state.placement.clusters];
  const healthy = await Promise.all(hosts.map(isHealthy));
  const ill = hosts.filter((_, index) => healthy[index] !== true).map(({ name }) => name);
  if (ill.length === 0) return;
  throw new BlosmError('BLOSM_E_LEDGER_UNREACHABLE', `not running or not healthy: ${ill.join(', ')}`, {
    stage: 'deploy',
    hint: 'Run next: blosm network up',
  });
}

/** A Fabric network of native processes: one orderer, and a peer and a chaincode process per cluster. */
import { deployChaincode, ensureChaincodeProcesses, type DeployOutcome } from './lifecycle/deploy';
import { requireFabricState } from './state';
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
 * @throws BlosmError BLOSM_E_NOT_FOUND (no network), BLOSM_E_PREREQUISITE (not built), BLOSM_E_COMMAND_FAILED
 */
export async function fabricDeploy(options: FabricDeployOptions): Promise<DeployOutcome> {
  const wait = { signal: options.signal };
  const outcome = await deployChaincode(requireFabricState(options.stateFolder), chaincodeFolder(options), wait);
  await ensureChaincodeProcesses(outcome.state, wait);
  return outcome;
}

import { deployChaincode, upgradeChaincode, type DeployOutcome } from './lifecycle/deploy';
import { chaincodeSource } from './lifecycle/package';
import { ensureChaincodeProcesses } from './lifecycle/servers';
import { requireNothingElse, requireRunning } from './running';
import { requireFabricState, type FabricState } from './state';

/** What to deploy on which network. */
export interface FabricDeployOptions {
  readonly stateFolder: string;
  /** The chaincode's folder, built; the project's own when left out. */
  readonly chaincodeFolder?: string;
  readonly signal?: AbortSignal;
}

/**
 * Puts the chaincode on a running network that has none, and starts what is missing of its processes.
 * @throws BlosmError BLOSM_E_NOT_FOUND (no network), BLOSM_E_LEDGER_UNREACHABLE (not up), BLOSM_E_PREREQUISITE (not
 * built), BLOSM_E_CONFLICT (another one is deployed), BLOSM_E_COMMAND_FAILED
 */
export async function fabricDeploy(options: FabricDeployOptions): Promise<DeployOutcome> {
  return change(options, 'deploy', deployChaincode);
}

/**
 * Replaces the chaincode of a running network, which goes on serving, by another one at the next sequence.
 * @throws BlosmError as {@link fabricDeploy}
 */
export async function fabricUpgrade(options: FabricDeployOptions): Promise<DeployOutcome> {
  return change(options, 'upgrade', upgradeChaincode);
}

async function change(
  { stateFolder, chaincodeFolder, signal }: FabricDeployOptions,
  stage: string,
  put: (state: FabricState, folder: string, wait: { signal?: AbortSignal | undefined }) => Promise<DeployOutcome>,
): Promise<DeployOutcome> {
  const state = requireFabricState(stateFolder);
  requireNothingElse(state, 'upgrade');
  await requireRunning(state, stage);
  const outcome = await put(state, chaincodeSource(chaincodeFolder), { signal });
  await ensureChaincodeProcesses(outcome.state, { signal });
  return outcome;
}

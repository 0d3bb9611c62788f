import { BlosmError } from '../../../chaincode/src/model';
import { ensureChaincodeCopy } from '../nodes/chaincode';
import { clusterNodes } from '../nodes/peer';
import { otherPlace, writeFabricState, type Deployment, type FabricState, type Unfinished } from '../state';
import { definitionVersion, readCommitted } from './definition';
import { chaincodeSha256 } from './package';
import { rollOut } from './roll-out';
import { stopEarlierProcesses } from './servers';

interface Wait {
  readonly signal?: AbortSignal | undefined;
}

type Content = Omit<Deployment, 'sequence'>;

/** What a deployment did. */
export interface DeployOutcome {
  readonly state: FabricState;
  readonly deployment: Deployment;
  /** False when this very chaincode was deployed already. */
  readonly changed: boolean;
}

/**
 * Puts the chaincode of a folder on a channel that has none yet. The same content again changes nothing.
 * @throws BlosmError BLOSM_E_CONFLICT when another content is deployed: to replace it is an upgrade
 */
export async function deployChaincode(state: FabricState, sourceFolder: string, wait: Wait): Promise<DeployOutcome> {
  const contentSha256 = chaincodeSha256(sourceFolder);
  if (state.deployment === null || state.deployment.contentSha256 === contentSha256) {
    return upgradeChaincode(state, sourceFolder, wait);
  }
  throw new BlosmError(
    'BLOSM_E_CONFLICT',
    `${state.deployment.label} is deployed, and the chaincode in ${sourceFolder} is another one`,
    { stage: 'deploy', hint: 'Run next: blosm network upgrade' },
  );
}

/**
 * Replaces the chaincode by that of a folder while the network and the old chaincode serve: see {@link rollOut}. The
 * old processes end when the new ones have answered through every peer. The same content again changes nothing.
 * @param state of a network whose peers run
 * @param sourceFolder the chaincode's folder, built
 */
export async function upgradeChaincode(state: FabricState, sourceFolder: string, wait: Wait): Promise<DeployOutcome> {
  const contentSha256 = chaincodeSha256(sourceFolder);
  const { deployment } = state;
  if (deployment?.contentSha256 === contentSha256 && state.unfinished === null) {
    return { state, deployment, changed: false };
  }
  ensureChaincodeCopy(state, sourceFolder, contentSha256);
  const label = `${state.chaincode}_${contentSha256.slice(0, 12)}`;
  const serving = await servingContent(state, wait);
  const place =
    serving === null || serving.contentSha256 === contentSha256 ? (serving?.place ?? 0) : otherPlace(serving);
  const unfinished = { kind: 'upgrade', deployment: { label, contentSha256, place } } as const;
  const begun = { ...state, unfinished };
  writeFabricState(begun);
  return finishUpgrade(begun, unfinished, wait);
}

/** What the peers ask now: an upgrade that was cut off after its commit has taken over already. */
async function servingContent(state: FabricState, wait: Wait): Promise<Content | null> {
  const [first] = clusterNodes(state);
  if (state.unfinished?.kind !== 'upgrade' || first === undefined) return state.deployment;
  const committed = await readCommitted(state, first, wait);
  const { deployment } = state.unfinished;
  return committed?.version === definitionVersion(state, deployment) ? deployment : state.deployment;
}

/** Takes an upgrade that has begun to its end; what is to be deployed is in the state folder already. */
export async function finishUpgrade(
  state: FabricState,
  unfinished: Extract<Unfinished, { kind: 'upgrade' }>,
  wait: Wait,
): Promise<DeployOutcome & { readonly changed: true }> {
  const deployment = await rollOut({ state, content: unfinished.deployment }, wait);
  const deployed = { ...state, deployment, unfinished: null };
  writeFabricState(deployed);
  await stopEarlierProcesses(deployed, deployment);
  return { state: deployed, deployment, changed: true };
}

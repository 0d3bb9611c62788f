import { BlosmError } from '../../chaincode/src/model';
import { waitUntil } from '../processes';
import { findBinaries, hasChannelParticipation, isOlder } from './binaries';
import { awaitCaughtUp } from './channel/membership';
import { awaitDiscovery } from './discovery';
import { leadsChannel } from './nodes/operations';
import { ordererProcess } from './nodes/orderer';
import { clusterNodes, peerNodeProcess } from './nodes/peer';
import { startNode } from './nodes/start';
import { requireNothingElse, requireRunning } from './running';
import { writeShellEnvironments } from './shell-environment';
import { requireFabricState, writeFabricState, type Binaries, type FabricState } from './state';

const LEADER_DEADLINE_MS = 60_000;

export interface UpgradeProgramsOptions {
  readonly stateFolder: string;
  readonly onStep?: (line: string) => void;
  readonly signal?: AbortSignal;
}

export interface UpgradeProgramsOutcome {
  readonly from: string;
  readonly to: string;
  /** Names of the processes that were started anew. */
  readonly restarted: readonly string[];
}

/**
 * Puts the programs that are found now (`$FABRIC_BIN` first) in the place of those that run, on the same ledgers: the
 * orderer, then one peer after the other, each healthy and caught up before the next one stops. While the orderer
 * starts, transactions wait some seconds. Repeating it completes it.
 * @throws BlosmError BLOSM_E_UNSUPPORTED (an older version; from a system channel to channel participation),
 * BLOSM_E_LEDGER_UNREACHABLE, BLOSM_E_COMMAND_FAILED
 */
export async function fabricUpgradePrograms(options: UpgradeProgramsOptions): Promise<UpgradeProgramsOutcome> {
  const { onStep = () => undefined, signal } = options;
  const earlier = requireFabricState(options.stateFolder);
  requireNothingElse(earlier, 'upgrade');
  const binaries = await findBinaries(signal);
  requireUpgradable(earlier.binaries, binaries);
  await requireRunning(earlier, 'upgrade');
  // Written down first: were it cut off, `up` would start the rest in the new version, and never a new one in the old.
  const state = { ...earlier, binaries };
  writeFabricState(state);
  writeShellEnvironments(state);
  const restarted = await restartOneByOne(state, onStep, signal);
  if (restarted.length > 0) await awaitDiscovery(state, { signal });
  return { from: earlier.binaries.version, to: binaries.version, restarted };
}

async function restartOneByOne(
  state: FabricState,
  onStep: (line: string) => void,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const { orderer } = state.placement;
  const restarted: string[] = [];
  const ordererSpec = ordererProcess(state);
  onStep(`orderer: Fabric ${state.binaries.version}, ${state.binaries.source}`);
  if (await startNode(ordererSpec, orderer, { signal })) restarted.push(ordererSpec.name);
  await waitUntil(() => leadsChannel(orderer, state.channel), {
    deadlineMs: LEADER_DEADLINE_MS,
    what: `the orderer to lead channel ${state.channel}`,
    signal,
  });
  for (const node of clusterNodes(state)) {
    const spec = peerNodeProcess(state, node);
    onStep(spec.name);
    if (await startNode(spec, node.host, { signal })) restarted.push(spec.name);
    await awaitCaughtUp(state, node, { signal });
  }
  return restarted;
}

/** @throws BlosmError BLOSM_E_UNSUPPORTED */
export function requireUpgradable(from: Pick<Binaries, 'version'>, to: Pick<Binaries, 'version' | 'binFolder'>): void {
  const why = isOlder(to.version, from.version)
    ? 'a ledger that a newer version has written is not for an older one'
    : hasChannelParticipation(from) === hasChannelParticipation(to)
      ? undefined
      : 'its orderer serves a system channel, which versions from 2.3 on no longer make: that takes a migration by hand';
  if (why === undefined) return;
  throw new BlosmError(
    'BLOSM_E_UNSUPPORTED',
    `the network runs Fabric ${from.version}, ${to.binFolder} has ${to.version}: ${why}`,
    {
      stage: 'upgrade',
      hint: 'Set FABRIC_BIN to the bin folder of a newer version, or start a new network: blosm network reset, then up.',
    },
  );
}

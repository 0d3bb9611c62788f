import { join } from 'node:path';
import { hasCode } from '../../../chaincode/src/model';
import { runCommand, waitUntil } from '../../processes';
import { hasChannelParticipation } from '../binaries';
import { fabricLayout } from '../layout';
import { fabricEnvironment } from '../nodes/node-config';
import { ledgerHeight, ordererBlock } from '../nodes/operations';
import type { ClusterNode } from '../nodes/peer';
import { ordererFlags, peerAsAdmin, peerUntilItSucceeds } from '../peer-cli';
import { patienceMs } from '../size';
import { writeFabricState, type FabricState } from '../state';
import { channelBlockFile } from './channel';
import { hasAnchor, PROFILES } from './configtx';

/** A long history takes its time. */
const CATCH_UP_DEADLINE_MS = 30 * 60_000;

interface Wait {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Joins a running peer to the channel and waits until it has the first block.
 * @returns whether it was joined now
 */
export async function ensureJoined(state: FabricState, node: ClusterNode, { signal }: Wait): Promise<boolean> {
  if ((await ledgerHeight(node.host, state.channel).catch(() => undefined)) !== undefined) return false;
  await peerUntilItSucceeds(state, node, ['channel', 'join', '-b', channelBlockFile(state)], {
    deadlineMs: patienceMs(state.clusters.length),
    // A peer that has just been started again does not yet tell the height of what it has.
    alreadyDone: /ledger\S* .*already exists/i,
    signal,
  });
  await waitUntil(() => ledgerHeight(node.host, state.channel), {
    deadlineMs: patienceMs(state.clusters.length),
    what: `the peer of ${node.name} to have joined ${state.channel}`,
    signal,
  });
  return true;
}

/** Waits until a peer that has joined a channel with a history has all the blocks that the orderer has now. */
export async function awaitCaughtUp(state: FabricState, node: ClusterNode, { signal }: Wait): Promise<void> {
  const newest = await ordererBlock(state.placement.orderer, state.channel);
  await waitUntil(async () => ((await ledgerHeight(node.host, state.channel)) ?? 0) > (newest ?? 0), {
    deadlineMs: CATCH_UP_DEADLINE_MS,
    what: `the peer of ${node.name} to have block ${newest ?? 0}`,
    signal,
  });
}

/**
 * Makes the peers of the organisations that have one their anchor peers on the channel. From 2.3 on the genesis block says so already;
 * before, each organisation changes the channel's configuration.
 */
export async function ensureAnchors(
  state: FabricState,
  nodes: readonly ClusterNode[],
  wait: Wait,
): Promise<FabricState> {
  const missing = nodes.filter(({ mspId }) => !state.anchored.includes(mspId));
  if (missing.length === 0) return state;
  if (!hasChannelParticipation(state.binaries)) {
    // One after the other: each is a configuration block, and the orderer works on one at a time.
    for (const node of missing.filter((each) => hasAnchor(state, each))) await updateAnchor(state, node, wait);
  }
  const anchored = { ...state, anchored: nodes.map(({ mspId }) => mspId) };
  writeFabricState(anchored);
  return anchored;
}

async function updateAnchor(state: FabricState, node: ClusterNode, { signal }: Wait): Promise<void> {
  const folder = fabricLayout(state.folder).channelFolder;
  const update = join(folder, `anchor-${node.name}.tx`);
  const profile = ['-profile', PROFILES.channelCreation, '-channelID', state.channel, '-asOrg', node.mspId];
  const program = join(state.binaries.binFolder, 'configtxgen');
  await runCommand([program, '-configPath', folder, ...profile, '-outputAnchorPeersUpdate', update], {
    env: fabricEnvironment(folder),
    signal,
  });
  const args = ['channel', 'update', '-c', state.channel, '-f', update, ...ordererFlags(state)];
  await peerAsAdmin(state, node, args, { signal }).catch((failure: unknown) => {
    if (!isAlreadyDone(failure)) throw failure;
  });
}

/** The update was made for version 0 of the organisation's group; version 1 means that it went through before. */
function isAlreadyDone(failure: unknown): boolean {
  return (
    hasCode(failure, 'BLOSM_E_COMMAND_FAILED') &&
    failure instanceof Error &&
    /at version 0, but it is currently at version 1/.test(failure.message)
  );
}

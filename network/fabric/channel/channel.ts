import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand, tryCommand, waitUntil } from '../../processes';
import { hasChannelParticipation } from '../binaries';
import { fabricLayout, ORDERER_ORGANIZATION } from '../layout';
import { fabricEnvironment } from '../nodes/node-config';
import { leadsChannel } from '../nodes/operations';
import { systemGenesisFile } from '../nodes/orderer';
import type { ClusterNode } from '../nodes/peer';
import { ordererFlags, peerAsAdmin } from '../peer-cli';
import type { FabricState } from '../state';
import { configtxYaml, PROFILES } from './configtx';

const SYSTEM_CHANNEL = 'blosm-system';
const CREATE_DEADLINE_MS = 60_000;

interface Wait {
  readonly signal?: AbortSignal | undefined;
}

/** The channel's first block: what a peer joins with. */
export const channelBlockFile = (state: FabricState): string =>
  join(fabricLayout(state.folder).channelFolder, 'channel.block');
const creationFile = (state: FabricState): string => join(fabricLayout(state.folder).channelFolder, 'creation.tx');

/** Makes what has to be there before the orderer starts: its genesis block, or the channel's. */
export async function ensureGenesis(state: FabricState, wait: Wait): Promise<void> {
  const folder = fabricLayout(state.folder).channelFolder;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'configtx.yaml'), configtxYaml(state));
  if (hasChannelParticipation(state.binaries)) {
    await generate(state, PROFILES.channel, state.channel, '-outputBlock', channelBlockFile(state), wait);
  } else {
    await generate(state, PROFILES.system, SYSTEM_CHANNEL, '-outputBlock', systemGenesisFile(state), wait);
    await generate(state, PROFILES.channelCreation, state.channel, '-outputCreateChannelTx', creationFile(state), wait);
  }
}

async function generate(
  state: FabricState,
  profile: string,
  channel: string,
  flag: string,
  target: string,
  { signal }: Wait,
): Promise<void> {
  if (existsSync(target)) return;
  const program = join(state.binaries.binFolder, 'configtxgen');
  const folder = fabricLayout(state.folder).channelFolder;
  await runCommand(
    [program, '-configPath', folder, '-profile', profile, '-channelID', channel, flag, `${target}.new`],
    {
      env: fabricEnvironment(folder),
      signal,
    },
  );
  renameSync(`${target}.new`, target);
}

/** Makes the running orderer serve the channel, and waits until it leads it. */
export async function ensureChannel(state: FabricState, first: ClusterNode, wait: Wait): Promise<void> {
  if (!(await leadsChannel(state.placement.orderer, state.channel))) {
    await (hasChannelParticipation(state.binaries) ? joinOrderer(state, wait) : createChannel(state, first, wait));
  }
  await waitUntil(() => leadsChannel(state.placement.orderer, state.channel), {
    deadlineMs: CREATE_DEADLINE_MS,
    what: `the orderer to lead channel ${state.channel}`,
    signal: wait.signal,
  });
}

/** From 2.3 on: the orderer itself is told of the channel. */
async function joinOrderer(state: FabricState, { signal }: Wait): Promise<void> {
  const { address, ports } = state.placement.orderer;
  const tls = fabricLayout(state.folder).organization(ORDERER_ORGANIZATION).node.tls;
  const osnadmin = (...args: string[]): string[] => [
    join(state.binaries.binFolder, 'osnadmin'),
    ...['channel', ...args, '-o', `${address}:${ports.admin}`, '--ca-file', join(tls, 'ca.crt')],
    ...['--client-cert', join(tls, 'server.crt'), '--client-key', join(tls, 'server.key')],
  ];
  // osnadmin exits with 0 whatever the orderer answered: what counts is its list.
  const known = await waitUntil(() => tryCommand(osnadmin('list'), { signal }).then((o) => o.exitCode === 0 && o), {
    deadlineMs: CREATE_DEADLINE_MS,
    what: "the orderer's admin endpoint",
    signal,
  });
  if (known.stdout.includes(`"name": "${state.channel}"`)) return;
  await runCommand(osnadmin('join', '--channelID', state.channel, '--config-block', channelBlockFile(state)), {
    signal,
  });
}

/** Before 2.3: the channel is created by a transaction on the system channel, which then gives its first block. */
async function createChannel(state: FabricState, first: ClusterNode, { signal }: Wait): Promise<void> {
  const block = channelBlockFile(state);
  const attempt = async (): Promise<boolean> => {
    // An earlier attempt may have been accepted although its answer was lost.
    if (await fetchFirstBlock(state, first, block, signal)) return true;
    const flags = [
      '-c',
      state.channel,
      '-f',
      creationFile(state),
      '--outputBlock',
      `${block}.new`,
      ...ordererFlags(state),
    ];
    try {
      await peerAsAdmin(state, first, ['channel', 'create', ...flags], { signal });
    } catch (failure) {
      throw new Error(failure instanceof Error ? failure.message : String(failure), { cause: failure });
    }
    renameSync(`${block}.new`, block);
    return true;
  };
  await waitUntil(attempt, { deadlineMs: CREATE_DEADLINE_MS, what: `channel ${state.channel} to be created`, signal });
}

async function fetchFirstBlock(
  state: FabricState,
  node: ClusterNode,
  target: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const flags = ['-c', state.channel, ...ordererFlags(state)];
  try {
    await peerAsAdmin(state, node, ['channel', 'fetch', '0', `${target}.new`, ...flags], { signal });
  } catch {
    return false;
  }
  renameSync(`${target}.new`, target);
  return true;
}

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { BlosmError } from '../../../chaincode/src/model';
import { runCommand, waitUntil } from '../../processes';
import { fabricLayout } from '../layout';
import type { ClusterNode } from '../nodes/peer';
import { ordererFlags, peerAsAdmin } from '../peer-cli';
import type { FabricState } from '../state';
import { ChannelConfig, updateEnvelope } from './config-edit';

const DEADLINE_MS = 60_000;
/** The orderer was restarted, or another admin's change came first: to compute and to send it again helps. */
const PASSING = /SERVICE_UNAVAILABLE|at version \d+, but it is currently|connection refused|deadline exceeded|EOF/i;

/** A change of the channel's configuration. */
export interface ConfigChange {
  /** Admins of these organisations sign; the first one sends. Enough for the policy of what changes. */
  readonly signers: readonly [ClusterNode, ...ClusterNode[]];
  /** Gives the very same object when there is nothing to change. */
  readonly edit: (config: ChannelConfig) => ChannelConfig;
}

/**
 * Changes the configuration of a running channel, and waits until the orderer has the change.
 * @throws BlosmError BLOSM_E_COMMAND_FAILED when it is refused, BLOSM_E_TIMEOUT
 */
export async function changeConfig(
  state: FabricState,
  { signers, edit }: ConfigChange,
  { signal }: { readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const { channelFolder } = fabricLayout(state.folder);
  mkdirSync(channelFolder, { recursive: true });
  const files = configFiles(mkdtempSync(join(channelFolder, 'update-')));
  const attempt = async (): Promise<boolean> => {
    const config = await fetchConfig(state, signers[0], files, signal);
    const changed = edit(config);
    if (changed === config) return true;
    await writeUpdate(state, config, changed, files, signal);
    await signAndSend(state, signers, files.envelope, signal);
    return false;
  };
  try {
    await waitUntil(() => attempt().catch(maybePassing), {
      deadlineMs: DEADLINE_MS,
      what: `the configuration of channel ${state.channel} to have changed`,
      signal,
    });
  } finally {
    rmSync(files.folder, { recursive: true, force: true });
  }
}

function maybePassing(failure: unknown): never {
  const passes = failure instanceof BlosmError && PASSING.test(failure.message);
  throw passes ? new Error(failure.message, { cause: failure }) : failure;
}

type ConfigFiles = ReturnType<typeof configFiles>;

function configFiles(folder: string): Record<'folder' | 'block' | 'before' | 'after' | 'update' | 'envelope', string> {
  const at = (name: string): string => join(folder, name);
  return {
    folder,
    block: at('block.pb'),
    before: at('before.pb'),
    after: at('after.pb'),
    update: at('update.pb'),
    envelope: at('envelope.pb'),
  };
}

const ConfigBlock = z.object({
  data: z.object({
    data: z.tuple([z.object({ payload: z.object({ data: z.object({ config: ChannelConfig }) }) })]),
  }),
});

async function fetchConfig(
  state: FabricState,
  node: ClusterNode,
  { block }: ConfigFiles,
  signal: AbortSignal | undefined,
): Promise<ChannelConfig> {
  const args = ['channel', 'fetch', 'config', block, '-c', state.channel, ...ordererFlags(state)];
  await peerAsAdmin(state, node, args, { signal });
  const decoded = ConfigBlock.parse(await decode(state, 'common.Block', block, signal));
  return decoded.data.data[0].payload.data.config;
}

async function writeUpdate(
  state: FabricState,
  before: ChannelConfig,
  after: ChannelConfig,
  files: ConfigFiles,
  signal: AbortSignal | undefined,
): Promise<void> {
  await encode(state, 'common.Config', before, files.before, signal);
  await encode(state, 'common.Config', after, files.after, signal);
  const compared = ['--channel_id', state.channel, '--original', files.before, '--updated', files.after];
  await translate(state, ['compute_update', ...compared, '--output', files.update], signal);
  const update = await decode(state, 'common.ConfigUpdate', files.update, signal);
  await encode(state, 'common.Envelope', updateEnvelope(state.channel, update), files.envelope, signal);
}

async function signAndSend(
  state: FabricState,
  [sender, ...others]: ConfigChange['signers'],
  envelope: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  // One after the other: each adds its signature to the file. The sender's is added as it sends.
  for (const signer of others)
    await peerAsAdmin(state, signer, ['channel', 'signconfigtx', '-f', envelope], { signal });
  await peerAsAdmin(state, sender, ['channel', 'update', '-f', envelope, '-c', state.channel, ...ordererFlags(state)], {
    signal,
  });
}

async function decode(state: FabricState, type: string, file: string, signal?: AbortSignal): Promise<unknown> {
  const json = `${file}.json`;
  await translate(state, ['proto_decode', '--type', type, '--input', file, '--output', json], signal);
  return JSON.parse(readFileSync(json, 'utf8')) as unknown;
}

async function encode(
  state: FabricState,
  type: string,
  value: unknown,
  file: string,
  signal?: AbortSignal,
): Promise<void> {
  const json = `${file}.json`;
  writeFileSync(json, JSON.stringify(value));
  await translate(state, ['proto_encode', '--type', type, '--input', json, '--output', file], signal);
}

async function translate(state: FabricState, args: readonly string[], signal?: AbortSignal): Promise<void> {
  await runCommand([join(state.binaries.binFolder, 'configtxlator'), ...args], { signal });
}

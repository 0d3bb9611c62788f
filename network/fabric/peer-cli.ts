import { join } from 'node:path';
import { BlosmError } from '../../chaincode/src/model';
import { lastLines, runCommand, shellLine, tryCommand, waitUntil, type CommandOutcome } from '../processes';
import { fabricLayout, ORDERER_ORGANIZATION } from './layout';
import { fabricEnvironment } from './nodes/node-config';
import { peerAddress, type ClusterNode } from './nodes/peer';
import { slowness } from './size';
import type { FabricState } from './state';

/** As in the program's own configuration. */
const CONNECT_SECONDS = 3;

/** How a call of the `peer` program is made. */
export interface PeerCall {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** How long a call is repeated. */
export interface RetryOptions {
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
  /** A refusal that says this means that an earlier call went through. */
  readonly alreadyDone?: RegExp;
}

/** The environment with which the `peer` program speaks to a cluster's peer as the organisation's admin. */
export function adminEnvironment(state: FabricState, node: ClusterNode): Record<string, string | undefined> {
  const files = fabricLayout(state.folder).organization(node);
  return fabricEnvironment(state.binaries.configFolder, {
    CORE_PEER_LOCALMSPID: node.mspId,
    CORE_PEER_MSPCONFIGPATH: files.admin.msp,
    CORE_PEER_ADDRESS: peerAddress(node),
    CORE_PEER_TLS_ENABLED: 'true',
    CORE_PEER_TLS_ROOTCERT_FILE: files.tlsCaCertificate,
    CORE_PEER_CLIENT_CONNTIMEOUT: `${CONNECT_SECONDS * slowness(state.clusters.length)}s`,
  });
}

/** The flags that name the orderer. */
export function ordererFlags(state: FabricState): string[] {
  const { address, ports } = state.placement.orderer;
  const { tlsCaCertificate } = fabricLayout(state.folder).organization(ORDERER_ORGANIZATION);
  return ['-o', `${address}:${ports.orderer}`, '--tls', '--cafile', tlsCaCertificate];
}

/** Runs `peer ARGS` as the admin of a cluster's organisation; it has to succeed. */
export async function peerAsAdmin(
  state: FabricState,
  node: ClusterNode,
  args: readonly string[],
  call: PeerCall = {},
): Promise<CommandOutcome> {
  return runCommand([join(state.binaries.binFolder, 'peer'), ...args], {
    ...call,
    env: adminEnvironment(state, node),
    nextCommand: 'blosm network status',
  });
}

/**
 * Runs `peer ARGS` as the admin until it succeeds: the parts of a young network find each other one by one.
 * @throws BlosmError BLOSM_E_COMMAND_FAILED with what the program said last
 */
export async function peerUntilItSucceeds(
  state: FabricState,
  node: ClusterNode,
  args: readonly string[],
  options: RetryOptions,
): Promise<CommandOutcome> {
  const command = [join(state.binaries.binFolder, 'peer'), ...args];
  let said = '';
  const attempt = async (): Promise<CommandOutcome | undefined> => {
    const outcome = await tryCommand(command, { env: adminEnvironment(state, node), signal: options.signal });
    said = lastLines(outcome.stderr.trim() || outcome.stdout.trim(), 10);
    return outcome.exitCode === 0 || options.alreadyDone?.test(said) === true ? outcome : undefined;
  };
  try {
    return await waitUntil(attempt, {
      deadlineMs: options.deadlineMs,
      signal: options.signal,
      what: `${shellLine(command)} to succeed`,
    });
  } catch (cause) {
    if (!(cause instanceof BlosmError) || cause.code !== 'BLOSM_E_TIMEOUT') throw cause;
    throw new BlosmError('BLOSM_E_COMMAND_FAILED', `${cause.message}\n${said}`, {
      stage: 'network',
      cause,
      hint: 'Run next: blosm network status',
    });
  }
}

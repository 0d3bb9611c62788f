import type { ConfirmationSource } from '../../domain/quorum';
import type { Clock } from '../../ports/clock';
import type { Log } from '../../ports/log';
import { CommitWatcher } from './commit-watcher';
import { readConnectionProfile } from './connection-profile';
import { discoverNetwork } from './discovery';
import { PeerCommits } from './peer-commits';
import { PeerDirectory } from './peer-directory';
import { RpcNode } from './rpc-node';
import type { Session } from './session';
import { Signer } from './signer';

/** How to reach a channel, and as whom. */
export interface ChannelOptions {
  /** A parsed connection profile, or the path of one (JSON or YAML). */
  readonly connectionProfile: string | object;
  readonly channel: string;
  readonly chaincode: string;
  /** The own organisation; its first peer in the profile is the own peer. */
  readonly mspId: string;
  /** Who signs: the agent's certificate, or the organisation's admin's for `NodeContract:Register`. */
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  /** True only where nodes announce names that lead somewhere only as `localhost` (fabric-samples' test-network). */
  readonly asLocalhost: boolean;
  /** `commit`: the blocks of every peer of the channel are listened to; else of the own one alone. */
  readonly confirmationSource?: ConfirmationSource;
  readonly log: Log;
  readonly clock: Clock;
}

/** What every connection to a channel has, whichever SDK makes its transactions. */
export interface OpenChannel {
  readonly session: Session;
  readonly directory: PeerDirectory;
  readonly watcher: CommitWatcher;
  readonly peerCommits: PeerCommits;
}

const DISCOVERY_TIMEOUT_MS = 5_000;

/**
 * Opens the way to a channel; nobody has been reached yet.
 * @throws BlosmError BLOSM_E_CONFIG_INVALID for a profile or an identity that cannot be used
 */
export function openChannel(options: ChannelOptions): OpenChannel {
  const { channel, chaincode, mspId, log, clock } = options;
  const known = readConnectionProfile(options.connectionProfile, mspId);
  const pair = { certificatePem: options.certificatePem, privateKeyPem: options.privateKeyPem };
  const signer = new Signer({ mspId, ...pair });
  const session = { signer, channel, chaincode, mspId, log, clock, ownPeer: new RpcNode(known.ownPeers[0], pair) };
  const directory = new PeerDirectory(session, {
    discover: (signal) => discoverNetwork(session, options.asLocalhost, DISCOVERY_TIMEOUT_MS, signal),
    connect: (address) => new RpcNode(address, pair),
    orderers: known.orderers,
  });
  const watcher = new CommitWatcher(session);
  const hasStreams = options.confirmationSource === 'commit';
  return { session, directory, watcher, peerCommits: new PeerCommits(session, directory, watcher, { hasStreams }) };
}

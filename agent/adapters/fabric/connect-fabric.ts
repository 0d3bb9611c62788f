import { BlosmError } from '../../../chaincode/src/model';
import type { Clock } from '../../ports/clock';
import type { Ledger } from '../../ports/ledger';
import type { Log } from '../../ports/log';
import { CommitWatcher, PeerDirectory, RpcNode, Signer, discoverNetwork, readConnectionProfile } from '../fabric-grpc';
import { FabricLedger } from './fabric-ledger';
import { gatewayIdentity } from './node-identity';
import { Client, Gateway, sendSdkLogTo } from './sdk';
import type { SdkSession } from './sdk-session';

export interface FabricOptions {
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
  readonly log: Log;
  readonly clock: Clock;
}

const DISCOVERY_TIMEOUT_MS = 5_000;

/**
 * Connects to a channel. Resolves without having reached anybody: nodes that are down are waited for by each call, up
 * to its deadline.
 * @throws BlosmError BLOSM_E_CONFIG_INVALID for a profile or an identity that cannot be used
 */
export async function connectFabric(options: FabricOptions): Promise<Ledger> {
  sendSdkLogTo(options.log);
  const known = readConnectionProfile(options.connectionProfile, options.mspId);
  const pair = { certificatePem: options.certificatePem, privateKeyPem: options.privateKeyPem };
  const pems = { mspId: options.mspId, ...pair };
  const signer = new Signer(pems);
  const gateway = new Gateway();
  await gateway.connect(new Client('blosm'), {
    ...gatewayIdentity(pems, signer),
    // Its discovery would wait 3 s for each dead peer, its event handlers lose streams: see the reference of the port.
    discovery: { enabled: false },
    eventHandlerOptions: { strategy: null },
  });
  if (gateway.identityContext === undefined) throw new BlosmError('BLOSM_E_INTERNAL', 'the SDK made no identity');
  const session: SdkSession = {
    signer,
    identity: gateway.identityContext,
    sdkChannel: (await gateway.getNetwork(options.channel)).getChannel(),
    channel: options.channel,
    chaincode: options.chaincode,
    mspId: options.mspId,
    ownPeer: new RpcNode(known.ownPeers[0], pair),
    log: options.log,
    clock: options.clock,
  };
  const directory = new PeerDirectory(session, {
    discover: (signal) => discoverNetwork(session, options.asLocalhost, DISCOVERY_TIMEOUT_MS, signal),
    connect: (address) => new RpcNode(address, pair),
    orderers: known.orderers,
  });
  return new FabricLedger(session, directory, new CommitWatcher(session), () => {
    session.ownPeer.close();
    gateway.disconnect();
  });
}

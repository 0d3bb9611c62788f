import { createHash, X509Certificate } from 'node:crypto';
import { BlosmError } from '../../../chaincode/src/model';
import type { Clock } from '../../ports/clock';
import type { Ledger } from '../../ports/ledger';
import type { Log } from '../../ports/log';
import { CommitWatcher } from './commit-watcher';
import { readConnectionProfile } from './connection-profile';
import { discoverNetwork } from './discovery';
import { FabricLedger } from './fabric-ledger';
import { gatewayIdentity } from './node-identity';
import { PeerDirectory } from './peer-directory';
import { RpcNode } from './rpc-node';
import { Client, Gateway, sendSdkLogTo } from './sdk';
import type { Session } from './session';

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
  const gateway = new Gateway();
  await gateway.connect(new Client('blosm'), {
    ...gatewayIdentity({ mspId: options.mspId, ...pair }),
    // Its discovery would wait 3 s for each dead peer, its event handlers lose streams: see the reference of the port.
    discovery: { enabled: false },
    eventHandlerOptions: { strategy: null },
  });
  if (gateway.identityContext === undefined) throw new BlosmError('BLOSM_E_INTERNAL', 'the SDK made no identity');
  const session: Session = {
    identity: gateway.identityContext,
    channel: (await gateway.getNetwork(options.channel)).getChannel(),
    chaincode: options.chaincode,
    mspId: options.mspId,
    tlsCertificateSha256: createHash('sha256').update(new X509Certificate(options.certificatePem).raw).digest(),
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

import type { Ledger } from '../../ports/ledger';
import { ChannelLedger, openChannel } from '../fabric-grpc';
import type { ChannelOptions } from '../fabric-grpc';
import { evaluateByGateway } from './evaluate';
import { GatewayWire } from './gateway-wire';
import { connect, hash } from './sdk';

/**
 * Connects to a channel by the gateway service of the own peer (Fabric 2.4 or later): the peer gathers the endorsements
 * and speaks to the orderer. Nobody has been reached yet: nodes that are down are waited for by each call, up to its
 * deadline.
 * @throws BlosmError BLOSM_E_CONFIG_INVALID for a profile or an identity that cannot be used
 */
export function connectFabricGateway(options: ChannelOptions): Ledger {
  const { session, directory, watcher, peerCommits } = openChannel(options);
  const { signer, ownPeer } = session;
  const gateway = connect({
    client: ownPeer.client,
    identity: { mspId: options.mspId, credentials: Buffer.from(options.certificatePem) },
    // The SDK would sign digests by JavaScript; given the message itself, our signer hashes and signs by native code.
    hash: hash.none,
    signer: (message) => Promise.resolve(signer.sign(message)),
    tlsClientCertificateHash: signer.tlsCertificateSha256,
  });
  const contract = gateway.getNetwork(options.channel).getContract(options.chaincode);
  return new ChannelLedger({
    session,
    directory,
    watcher,
    peerCommits,
    wire: new GatewayWire(session, contract),
    evaluate: (call, deadline) => evaluateByGateway(session, contract, call, deadline),
    release: () => {
      gateway.close();
      ownPeer.close();
    },
  });
}

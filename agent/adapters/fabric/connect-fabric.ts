import { BlosmError } from '../../../chaincode/src/model';
import type { Ledger } from '../../ports/ledger';
import { ChannelLedger, evaluateAtOwnPeer, openChannel } from '../fabric-grpc';
import type { ChannelOptions } from '../fabric-grpc';
import { gatewayIdentity } from './node-identity';
import { Client, Gateway, sendSdkLogTo } from './sdk';
import { SdkWire } from './sdk-wire';

/**
 * Connects to a channel by fabric-network: the agent gathers the endorsements itself. Resolves without having reached
 * anybody: nodes that are down are waited for by each call, up to its deadline.
 * @throws BlosmError BLOSM_E_CONFIG_INVALID for a profile or an identity that cannot be used
 */
export async function connectFabric(options: ChannelOptions): Promise<Ledger> {
  sendSdkLogTo(options.log);
  const { session, directory, watcher, peerCommits } = openChannel(options);
  const gateway = new Gateway();
  await gateway.connect(new Client('blosm'), {
    ...gatewayIdentity(options, session.signer),
    // Its discovery would wait 3 s for each dead peer, its event handlers lose streams: see the reference of the port.
    discovery: { enabled: false },
    eventHandlerOptions: { strategy: null },
  });
  if (gateway.identityContext === undefined) throw new BlosmError('BLOSM_E_INTERNAL', 'the SDK made no identity');
  const sdkSession = {
    ...session,
    identity: gateway.identityContext,
    sdkChannel: (await gateway.getNetwork(options.channel)).getChannel(),
  };
  return new ChannelLedger({
    session,
    directory,
    watcher,
    peerCommits,
    wire: new SdkWire(sdkSession, directory, watcher),
    evaluate: (call, deadline) => evaluateAtOwnPeer(session, call, deadline),
    release: () => {
      session.ownPeer.close();
      gateway.disconnect();
    },
  });
}

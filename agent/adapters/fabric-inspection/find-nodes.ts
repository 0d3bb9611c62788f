import type { NodeEndpoint } from '../../domain/doctor/channel-facts';
import type { ChannelNodes } from '../../ports/inspection';
import {
  discoverNetwork,
  readConnectionProfile,
  reasonOf,
  type ChannelOptions,
  type NodeAddress,
  type QueryTime,
  type Session,
} from '../fabric-grpc';

type Source = NodeEndpoint['source'];

/** The nodes that the connection profile names, and those that the network announces beside them. */
export async function findNodes(
  session: Session,
  { connectionProfile, mspId, asLocalhost }: ChannelOptions,
  { leftMs, signal }: QueryTime,
): Promise<ChannelNodes> {
  const known = readConnectionProfile(connectionProfile, mspId);
  const own = known.ownPeers[0].target;
  const of = (role: NodeEndpoint['role'], source: Source, addresses: Iterable<NodeAddress>): NodeEndpoint[] =>
    [...addresses].map((address) => ({ ...address, role, source, isOwnPeer: address.target === own }));
  const named = [...of('peer', 'profile', known.ownPeers), ...of('orderer', 'profile', known.orderers)];
  try {
    const found = await discoverNetwork(session, asLocalhost, leftMs, signal);
    const announced = [...of('peer', 'discovery', found.peers.values()), ...of('orderer', 'discovery', found.orderers)];
    const targets = new Set(named.map(({ target }) => target));
    return { endpoints: [...named, ...announced.filter(({ target }) => !targets.has(target))], undiscovered: '' };
  } catch (error) {
    return { endpoints: named, undiscovered: reasonOf(error) };
  }
}

import type { NodeAddress } from '../../agent/adapters/fabric-grpc/connection-profile';
import type { DiscoveredNetwork } from '../../agent/adapters/fabric-grpc/discovery';
import { makeCertificate } from '../support/certificates';
import { FakeFabricPeer } from './fabric-peer';
import type { OrderedBlock, OrderedTransaction } from './fabric-wire';

/** Many peers of one channel, each a gRPC server of its own: what is tried is a client that listens to all of them. */
export class FakeFabricPeers {
  readonly peers: readonly FakeFabricPeer[];
  /** Peers that discovery does not tell of, by MSP id. */
  readonly hidden = new Set<string>();
  private blocks: OrderedBlock[] = [];
  private networks = 0;

  private constructor(tls: ConstructorParameters<typeof FakeFabricPeer>[2], count: number) {
    const chain = () => ({ name: `network ${this.networks}`, blocks: this.blocks });
    const mspIds = Array.from({ length: count }, (_, index) => `Edge${index + 1}MSP`);
    this.peers = mspIds.map((mspId) => new FakeFabricPeer(mspId, chain, tls));
    this.found();
  }

  /** @param options.tls every peer with a certificate that its organisation's root verifies */
  static async start(count: number, { tls = false } = {}): Promise<FakeFabricPeers> {
    const network = new FakeFabricPeers(tls ? await makeCertificate('localhost') : null, count);
    await Promise.all(network.peers.map((peer) => peer.start()));
    return network;
  }

  get height(): number {
    return this.blocks.length;
  }

  /** The number-th peer, from 1. */
  peer(number: number): FakeFabricPeer {
    const found = this.peers[number - 1];
    if (found === undefined) throw new Error(`there is no peer ${number}`);
    return found;
  }

  /** Cuts a block with these transactions; every peer that is up and does not lag commits it. */
  order(...transactions: readonly (OrderedTransaction | string)[]): void {
    const all = transactions.map((one) => (typeof one === 'string' ? { id: one, code: 0 } : one));
    this.blocks.push({ number: this.blocks.length, transactions: all });
    for (const peer of this.peers) peer.commit();
  }

  /** The network is set up anew behind the same addresses: another first block, and nothing of what was. */
  async reset(): Promise<void> {
    for (const peer of this.peers) peer.kill();
    this.found();
    await Promise.all(this.peers.map((peer) => peer.start()));
  }

  discovered(): DiscoveredNetwork {
    const shown = this.peers.filter(({ mspId }) => !this.hidden.has(mspId)).map(({ address }) => address);
    const peers = new Map<string, NodeAddress>(shown.map((address) => [address.name, address]));
    return { peers, orderers: [], plan: { groups: {}, layouts: [] } };
  }

  async restore(): Promise<void> {
    this.hidden.clear();
    await Promise.all(this.peers.map((peer) => peer.restore()));
  }

  stop(): void {
    for (const peer of this.peers) peer.kill();
  }

  private found(): void {
    this.networks += 1;
    this.blocks = [{ number: 0, transactions: [] }];
  }
}

import { systemClock } from '../../agent/adapters/clock';
import { connectFabricGateway } from '../../agent/adapters/fabric-gateway';
import type { Ledger } from '../../agent/ports/ledger';
import { FakeChannel } from '../fakes/channel';
import { GatewayPeer } from '../fakes/gateway-peer';
import type { GatewayPeerOptions } from '../fakes/gateway-peer';
import { FakeLog } from '../fakes/log';
import { makeCertificate } from './certificates';
import { nodeProfile } from './ledger-samples';

const NODES = ['Edge1MSP', 'Edge2MSP', 'Edge3MSP'];

/** One node's way to the channel by its own peer's gateway service. */
export interface GatewayNode {
  readonly ledger: Ledger;
  readonly peer: GatewayPeer;
}

/** A channel in memory whose nodes speak to their peers by the real SDK, over the loopback. */
export class GatewayBench {
  readonly channel = new FakeChannel({ nodeIds: NODES, clock: systemClock });
  readonly log = new FakeLog();
  readonly #nodes: GatewayNode[] = [];

  /** Registers the node's agent and connects it. */
  async connect(mspId: string, changes: Pick<GatewayPeerOptions, 'hasGateway'> = {}): Promise<GatewayNode> {
    const { certificatePem, privateKeyPem } = await makeCertificate('agent');
    const admin = await this.channel.admin(mspId);
    await admin.submit('NodeContract:Register', [{ ...nodeProfile(), agentCertificatePem: certificatePem }]);
    const peer = await GatewayPeer.start({ channel: this.channel, mspId, ...changes });
    const ledger = connectFabricGateway({
      connectionProfile: peer.connectionProfile,
      channel: 'blosm',
      chaincode: 'blosm',
      mspId,
      certificatePem,
      privateKeyPem,
      asLocalhost: false,
      log: this.log,
      clock: systemClock,
    });
    const node = { ledger, peer };
    this.#nodes.push(node);
    return node;
  }

  async close(): Promise<void> {
    for (const { ledger, peer } of this.#nodes) {
      await ledger.close();
      peer.stop();
    }
  }
}

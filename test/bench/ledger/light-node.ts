import { readFileSync } from 'node:fs';
import { systemClock } from '../../../agent/adapters/clock';
import { askPeer, broadcastEnvelope, Signer } from '../../../agent/adapters/fabric-grpc';
import type { Session } from '../../../agent/adapters/fabric-grpc';
import { newCallProposal } from '../../../agent/adapters/fabric-grpc/call-proposal';
import { readConnectionProfile, type NodeAddress } from '../../../agent/adapters/fabric-grpc/connection-profile';
import { RpcNode } from '../../../agent/adapters/fabric-grpc/rpc-node';
import { createLog } from '../../../agent/adapters/log';
import { encodeArgs, type ArgsOf, type SubmitName } from '../../../chaincode/src/model';
import { clusterFabricFiles, type FabricState } from '../../../network/fabric';
import { assembleEnvelope } from './envelope';

const CALL_TIMEOUT_MS = 30_000;
const ATTEMPTS = 20;
const PAUSE_MS = 50;

/** The connections of one process: one to each peer and one to the orderer, whoever uses them. */
export class Connections {
  readonly #nodes = new Map<string, RpcNode>();

  to(address: NodeAddress, pair: { readonly certificatePem: string; readonly privateKeyPem: string }): RpcNode {
    const known = this.#nodes.get(address.target);
    if (known !== undefined) return known;
    const node = new RpcNode(address, pair);
    this.#nodes.set(address.target, node);
    return node;
  }

  close(): void {
    for (const node of this.#nodes.values()) node.close();
  }
}

/**
 * A node that can submit and hardly anything else: it has its own peer and one other endorse, hands the envelope to the
 * orderer and does not wait for the commit. No SDK, no discovery, no streams to others.
 */
export class LightNode {
  constructor(
    readonly session: Session,
    private readonly orderer: RpcNode,
  ) {}

  /**
   * Has a call endorsed and ordered. What peers that lag behind refuse is asked again with a new transaction.
   * @param other the second endorser
   * @returns how often it was tried
   */
  async submit<N extends SubmitName>(name: N, args: ArgsOf<N>, other: LightNode, signal: AbortSignal): Promise<number> {
    for (let attempt = 1; ; attempt += 1) {
      const said = await this.#attempt(name, encodeArgs(args), other, signal);
      if (said === undefined) return attempt;
      if (attempt >= ATTEMPTS) throw new Error(`${name} of ${this.session.mspId}: ${said}`);
      await systemClock.sleep(PAUSE_MS, signal);
    }
  }

  /** Undefined: ordered. */
  async #attempt(
    name: string,
    args: readonly string[],
    other: LightNode,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const proposal = newCallProposal(this.session, this.session.chaincode, name, args);
    const peers = [this.session.ownPeer, other.session.ownPeer];
    const answers = await Promise.all(peers.map((peer) => askPeer(peer, proposal, CALL_TIMEOUT_MS, signal)));
    const responses = answers.flatMap((answer) => (answer.kind === 'endorsed' ? [answer.response] : []));
    const [first, second] = responses;
    if (first === undefined || second === undefined) return JSON.stringify(answers);
    if (!Buffer.from(first.payload).equals(second.payload)) return 'the endorsements differ';
    return this.#order(assembleEnvelope(this.session, proposal, [first, second]), signal);
  }

  async #order(envelope: Uint8Array, signal: AbortSignal): Promise<string | undefined> {
    const outcome = await broadcastEnvelope(this.orderer, envelope, CALL_TIMEOUT_MS, signal);
    return outcome.kind === 'accepted' ? undefined : outcome.reason;
  }
}

/** @param role the organisation's admin registers the node, its agent does everything else */
export function openLightNode(
  state: FabricState,
  cluster: string,
  role: 'admin' | 'agent',
  connections: Connections,
): LightNode {
  const files = clusterFabricFiles(state, cluster);
  const pair = {
    certificatePem: readFileSync(role === 'admin' ? files.adminCertificate : files.agentCertificate, 'utf8'),
    privateKeyPem: readFileSync(role === 'admin' ? files.adminKey : files.agentKey, 'utf8'),
  };
  const { mspId } = files;
  const { ownPeers, orderers } = readConnectionProfile(files.connectionProfile, mspId);
  const [orderer] = orderers;
  if (orderer === undefined) throw new Error(`the connection profile of ${cluster} names no orderer`);
  const session = {
    signer: new Signer({ mspId, ...pair }),
    channel: state.channel,
    chaincode: state.chaincode,
    mspId,
    ownPeer: connections.to(ownPeers[0], pair),
    log: createLog({ level: 'error' }),
    clock: systemClock,
  };
  return new LightNode(session, connections.to(orderer, pair));
}

import { askPeer, broadcastEnvelope, openChannel, protos } from '../../../agent/adapters/fabric-grpc';
import type {
  BroadcastOutcome,
  CallProposal,
  ChannelOptions,
  PeerAnswer,
  ProposalResponse,
} from '../../../agent/adapters/fabric-grpc';
import { newCallProposal } from '../../../agent/adapters/fabric-grpc/call-proposal';
import type { RpcNode } from '../../../agent/adapters/fabric-grpc/rpc-node';
import { waitUntil } from '../../../network/processes';

const TIMEOUT_MS = 20_000;

/**
 * A member of the channel that keeps to no rule of the adapters: it chooses who endorses, what it sends, byte by byte,
 * and what time it says it is.
 */
export class UnrulyMember {
  readonly #channel: ReturnType<typeof openChannel>;
  readonly #never = new AbortController().signal;

  /** @param clockOffsetMs how far its transactions' times are off */
  constructor(options: ChannelOptions, clockOffsetMs = 0) {
    const { clock } = options;
    const own = { ...clock, nowMs: () => clock.nowMs() + clockOffsetMs };
    this.#channel = openChannel({ ...options, clock: own });
  }

  /** A signed call; arguments may be bytes that are no text. */
  propose(name: string, args: readonly (string | Buffer)[]): CallProposal {
    const { session } = this.#channel;
    return newCallProposal(session, session.chaincode, name, args as readonly string[]);
  }

  /** What the organisation's peer says to it. */
  async ask(mspId: string, proposal: CallProposal): Promise<PeerAnswer> {
    return askPeer(await this.#peerOf(mspId), proposal, TIMEOUT_MS, this.#never);
  }

  /** Makes a transaction of whatever endorsements there are, and hands it to the orderer. */
  async order(proposal: CallProposal, responses: readonly ProposalResponse[]): Promise<BroadcastOutcome> {
    const [orderer] = await this.#channel.directory.orderers(this.#never);
    if (orderer === undefined) throw new Error('there is no orderer');
    return broadcastEnvelope(orderer, this.#envelope(proposal, responses), TIMEOUT_MS, this.#never);
  }

  async close(): Promise<void> {
    const { peerCommits, watcher, directory, session } = this.#channel;
    await peerCommits.close();
    await watcher.close();
    directory.close();
    session.ownPeer.close();
  }

  /** Waits for a peer that gossip has not told of yet, or that changes to a new definition of the chaincode. */
  #peerOf(mspId: string): Promise<RpcNode> {
    const { directory } = this.#channel;
    const find = async (): Promise<RpcNode | undefined> => {
      const network = await directory.network(this.#never);
      const [name = ''] = [...network.peers].find(([, address]) => address.mspId === mspId) ?? [];
      const peer = directory.peer(network, name);
      if (peer === undefined) directory.expire();
      return peer;
    };
    return waitUntil(find, { deadlineMs: TIMEOUT_MS, what: `discovery to name a peer of ${mspId}` });
  }

  #envelope({ bytes }: CallProposal, responses: readonly ProposalResponse[]): Uint8Array {
    const { proposal_bytes } = protos.protos.SignedProposal.decode(bytes);
    const proposal = protos.protos.Proposal.decode(proposal_bytes);
    const header = protos.common.Header.decode(proposal.header);
    const payload = protos.protos.ChaincodeActionPayload.encode({
      chaincode_proposal_payload: proposal.payload,
      action: {
        proposal_response_payload: responses[0]?.payload ?? Buffer.alloc(0),
        endorsements: responses.flatMap(({ endorsement }) => (endorsement ? [endorsement] : [])),
      },
    }).finish();
    const data = protos.protos.Transaction.encode({
      actions: [{ header: header.signature_header, payload }],
    }).finish();
    const content = protos.common.Payload.encode({ header, data }).finish();
    const signature = this.#channel.session.signer.sign(content);
    return protos.common.Envelope.encode({ payload: content, signature }).finish();
  }
}

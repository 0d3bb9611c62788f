import type { CommitStatus } from './commit-board';
import { Deadline } from './cancellation';
import { validationName } from './filtered-blocks';
import { decodeCommitStatusResponse, encodeSignedCommitStatusRequest } from './gateway-messages';
import { readTransaction } from './ledger-queries';
import { grpcStatus, reasonOf } from './rpc-node';
import type { RpcNode } from './rpc-node';
import type { Session } from './session';

const COMMIT_STATUS = '/gateway.Gateway/CommitStatus';

/** Peers that are too old for the gateway service. */
const WITHOUT_GATEWAY = new WeakSet<RpcNode>();

/** What became of a transaction: signed once, put to any number of peers, each of which answers for itself. */
export class CommitQuestion {
  readonly #request: Uint8Array;

  constructor(
    private readonly session: Session,
    private readonly transactionId: string,
  ) {
    const { channel, signer } = session;
    const request = { transactionId, channel, identity: signer.creator };
    this.#request = encodeSignedCommitStatusRequest(request, (message) => signer.sign(message));
  }

  /**
   * A peer with a gateway answers as soon as it has committed the transaction, an older one at once. Never throws.
   * @returns undefined: not committed by this peer in the time, or it does not answer
   */
  async ask(node: RpcNode, timeoutMs: number, signal: AbortSignal): Promise<CommitStatus | undefined> {
    const time = new Deadline({ signal }, timeoutMs);
    try {
      return await this.#answer(node, time);
    } catch (error) {
      const { transactionId } = this;
      const fields = { peer: node.name, transactionId, reason: reasonOf(error) };
      this.session.log.debug(fields, 'a peer does not say whether it has committed a transaction');
      return undefined;
    } finally {
      time.end();
    }
  }

  async #answer(node: RpcNode, time: Deadline): Promise<CommitStatus | undefined> {
    if (!WITHOUT_GATEWAY.has(node)) {
      try {
        const bytes = await node.unary(COMMIT_STATUS, this.#request, time.leftMs, time.signal);
        const { validationCode, blockNumber } = decodeCommitStatusResponse(bytes);
        return { validationCode: validationName(validationCode), blockNumber };
      } catch (error) {
        if (!isUnimplemented(error)) throw error;
        WITHOUT_GATEWAY.add(node);
      }
    }
    const { leftMs, signal } = time;
    return (await readTransaction(this.session, this.transactionId, { node, leftMs, signal })) ?? undefined;
  }
}

function isUnimplemented(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === grpcStatus.UNIMPLEMENTED;
}

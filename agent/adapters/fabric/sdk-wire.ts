import { hasCode } from '../../../chaincode/src/model';
import { StageFailure, broadcastEnvelope, reasonOf } from '../fabric-grpc';
import type {
  BroadcastOutcome,
  CommitWatcher,
  ContractCall,
  Deadline,
  EndorsedTransaction,
  PeerDirectory,
  TransactionWire,
} from '../fabric-grpc';
import { endorse } from './endorse';
import { newEnvelope } from './proposal';
import type { SdkSession } from './sdk-session';

/** Transactions whose endorsements the agent gathers itself and hands to the orderer itself. */
export class SdkWire implements TransactionWire {
  constructor(
    private readonly session: SdkSession,
    private readonly directory: PeerDirectory,
    private readonly watcher: CommitWatcher,
  ) {}

  async endorse(call: ContractCall, deadline: Deadline): Promise<EndorsedTransaction> {
    await this.#streamReady(deadline);
    const { proposal, responses, peers, result } = await endorse(this.session, this.directory, call, deadline);
    const envelope = await newEnvelope(proposal, responses);
    const { transactionId } = proposal;
    return {
      transactionId,
      result,
      expectCommit: () => this.watcher.expect(transactionId),
      order: (attempt, timeoutMs, signal) => this.#order(envelope, attempt, timeoutMs, signal),
      doubtEndorsers: () => {
        for (const peer of peers) this.directory.doubt(peer, 'its endorsement was not accepted');
      },
    };
  }

  rediscover(): void {
    this.directory.expire();
  }

  async #streamReady({ signal }: Deadline): Promise<void> {
    try {
      await this.watcher.waitForHeight(1, signal);
    } catch (error) {
      if (hasCode(error, 'BLOSM_E_FORBIDDEN')) throw new StageFailure('access-denied', reasonOf(error));
      const { name, address } = this.session.ownPeer;
      throw new StageFailure('commit-stream-down', `the own peer ${name} (${address.target}) delivers no blocks`);
    }
  }

  async #order(
    envelope: Uint8Array,
    attempt: number,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<BroadcastOutcome> {
    const orderers = await this.directory.orderers(signal);
    const orderer = orderers[attempt % Math.max(1, orderers.length)];
    if (orderer === undefined) {
      return { kind: 'failed', failure: 'orderer-refused', reason: 'neither profile nor discovery names an orderer' };
    }
    return broadcastEnvelope(orderer, envelope, timeoutMs, signal);
  }
}

import type { BlockFacts, ChainBlock } from '../../agent/domain/chain-facts';
import type { CommitSighting } from '../../agent/domain/quorum';
import type { CallOptions } from '../../agent/ports/call';
import type {
  BlockEvents,
  BlockTransaction,
  Committed,
  EventCheckpoint,
  Ledger,
  LedgerBlock,
  LedgerTip,
  LedgerTransaction,
  TransactionStatus,
} from '../../agent/ports/ledger';
import {
  BlosmError,
  EventPayload,
  TRANSACTIONS,
  encodeArgs,
  findErrorInText,
  type ArgsOf,
  type QueryName,
  type ResultOf,
  type SubmitName,
  type TransactionName,
} from '../../chaincode/src/model';
import type { TestIdentity } from '../support/identity';
import type { Endorsement } from './chaincode';
import type { FakeChannel } from './channel';
import type { CommittedBlock, CommittedTransaction, Envelope, FakePeer } from './peer';
import { waitFor, type Deadline } from './wait-for';
import type { FakeProposal } from './world-state';

/** How long before something passing is tried again, in milliseconds. */
const RETRY_MS = 100;

/** The port `Ledger` over a fake channel: the real contracts, endorsed, ordered, validated and committed in memory. */
export class FakeLedger implements Ledger {
  /** How far the client's clock is off, in milliseconds. */
  clockOffsetMs = 0;
  private readonly seen = new Map<string, Map<string, CommitSighting>>();

  constructor(
    private readonly channel: FakeChannel,
    private readonly peer: FakePeer,
    private readonly identity: TestIdentity,
  ) {}

  get nodeId(): string {
    return this.identity.mspId;
  }

  async submit<N extends SubmitName>(
    name: N,
    args: ArgsOf<N>,
    options: CallOptions = {},
  ): Promise<Committed<ResultOf<N>>> {
    return this.submitRaw(name, encodeArgs(args), options);
  }

  /** As {@link submit}, with the arguments as they go over the wire: for arguments that no schema would let pass. */
  async submitRaw<N extends SubmitName>(
    name: N,
    args: readonly string[],
    options: CallOptions = {},
  ): Promise<Committed<ResultOf<N>>> {
    const deadline = this.deadline(options, 30_000);
    for (;;) {
      const startMs = this.channel.clock.nowMs();
      const envelope = await this.endorseUntil([name, ...args], deadline);
      const endorsedMs = this.channel.clock.nowMs();
      await this.orderUntil(envelope, deadline);
      const orderedMs = this.channel.clock.nowMs();
      const committed = await this.commitOf(envelope.proposal.txId, deadline);
      if (committed.validationCode === 'VALID') {
        const endMs = this.channel.clock.nowMs();
        const times = { endorseMs: endorsedMs - startMs, orderMs: orderedMs - endorsedMs, commitMs: endMs - orderedMs };
        return { ...outcomeOf(name, committed), times };
      }
      const { validationCode } = committed;
      const error = new BlosmError('BLOSM_E_LEDGER_INVALIDATED', `${name}: ${validationCode}`, { stage: 'commit' });
      await this.pause(deadline, error);
    }
  }

  async query<N extends QueryName>(name: N, args: ArgsOf<N>, options: CallOptions = {}): Promise<ResultOf<N>> {
    return this.queryRaw(name, encodeArgs(args), options);
  }

  /** As {@link query}, with the arguments as they go over the wire. */
  async queryRaw<N extends QueryName>(
    name: N,
    args: readonly string[],
    options: CallOptions = {},
  ): Promise<ResultOf<N>> {
    await this.reach(options);
    const { result } = await this.peer.endorse(this.proposal([name, ...args])).catch(rethrow);
    return parseResult(name, result);
  }

  async settle(transactionId: string, options: CallOptions = {}): Promise<TransactionStatus> {
    await this.reach(options);
    const found = this.peer.find(transactionId);
    if (found === undefined) return { status: 'absent' };
    const { blockNumber, validationCode } = found;
    return validationCode === 'VALID'
      ? { status: 'valid', blockNumber }
      : { status: 'invalid', validationCode, blockNumber };
  }

  async *events(from: EventCheckpoint | null, signal: AbortSignal): AsyncGenerator<BlockEvents> {
    const here = from?.genesisSha256 === this.channel.genesisSha256;
    let next = here ? from.nextBlock : this.peer.height;
    const forever = { atMs: Infinity, signal };
    while (!signal.aborted) {
      const look = (): CommittedBlock | undefined => (this.peer.down ? undefined : this.peer.blocks[next]);
      const block = await waitFor(this.peer, this.channel.clock, look, forever).catch(() => undefined);
      if (block === undefined) return;
      next += 1;
      yield { genesisSha256: this.channel.genesisSha256, ...eventsOf(block) };
    }
  }

  async tip(options: CallOptions = {}): Promise<LedgerTip> {
    await this.reach(options);
    return {
      height: this.peer.height,
      currentBlockHash: this.peer.blocks.at(-1)?.hash ?? '',
      genesisSha256: this.channel.genesisSha256,
    };
  }

  async transaction(transactionId: string, options: CallOptions = {}): Promise<LedgerTransaction> {
    await this.reach(options);
    const found = this.peer.find(transactionId);
    if (found === undefined) throw new BlosmError('BLOSM_E_NOT_FOUND', `there is no transaction ${transactionId}`);
    return describe(found);
  }

  async commits(transactionId: string, options: CallOptions = {}): Promise<readonly CommitSighting[]> {
    await Promise.resolve();
    if (options.signal?.aborted === true) throw cancelled();
    const seen = this.seen.get(transactionId) ?? new Map<string, CommitSighting>();
    for (const peer of this.channel.allPeers()) {
      const found = peer.down ? undefined : peer.find(transactionId);
      if (found !== undefined) seen.set(peer.mspId, sightingOf(peer, found));
    }
    // What a peer has once said stays known when it goes down.
    this.seen.set(transactionId, seen);
    return [...seen.values()];
  }

  watchCommits(listener: (transactionId: string) => void, signal: AbortSignal): void {
    for (const peer of this.channel.allPeers()) {
      const stopListening = peer.onCommit(() => {
        for (const { envelope } of peer.blocks.at(-1)?.transactions ?? []) listener(envelope.proposal.txId);
      });
      signal.addEventListener('abort', stopListening, { once: true });
    }
  }

  async block(blockNumber: number, options: CallOptions = {}): Promise<LedgerBlock> {
    await this.reach(options);
    const facts = this.facts(blockNumber);
    if (facts === undefined) throw new BlosmError('BLOSM_E_NOT_FOUND', `there is no block ${blockNumber}`);
    const { number, headerSha256, previousSha256, dataSha256, lastConfigNumber } = facts;
    const transactions = this.peer.blocks[blockNumber]?.transactions ?? [];
    return {
      ...{ number, headerSha256, previousSha256, dataSha256, lastConfigNumber },
      signers: [],
      sizeBytes: 0,
      transactions: transactions.map(lineOf),
    };
  }

  /** Hashes that hang together; nobody signs here, as if every block were the first. */
  async *blocks(first: number, last: number | null, signal: AbortSignal): AsyncGenerator<ChainBlock> {
    await this.reach({ signal });
    for (let number = first; number <= (last ?? Infinity); number += 1) {
      const facts = this.facts(number);
      if (facts === undefined) return;
      yield facts;
    }
  }

  private facts(blockNumber: number): BlockFacts | undefined {
    const block = this.peer.blocks[blockNumber];
    if (block === undefined) return undefined;
    return {
      number: block.number,
      headerSha256: block.hash,
      previousSha256: this.peer.blocks[blockNumber - 1]?.hash ?? '',
      dataSha256: block.hash,
      computedDataSha256: block.hash,
      transactionCount: block.transactions.length,
      malformedTransactions: [],
      verdictCount: block.transactions.length,
      signatures: [],
      lastConfigNumber: 0,
      disagreements: [],
      config: blockNumber === 0 ? { organizations: [], consensusType: 'etcdraft', consenters: ['orderer'] } : null,
    };
  }

  async freshView(options: CallOptions = {}): Promise<LedgerTip> {
    const deadline = this.deadline(options, 30_000);
    while (!this.channel.reachesOrderer(this.nodeId)) {
      await this.pause(deadline, unreachable('order', 'the orderer does not answer'));
    }
    const { height } = this.channel;
    const look = (): true | undefined => (this.peer.height >= height ? true : undefined);
    if ((await waitFor(this.peer, this.channel.clock, look, deadline)) === undefined) {
      throw new BlosmError('BLOSM_E_TIMEOUT', `the peer of ${this.nodeId} has not reached block ${height - 1}`);
    }
    return this.tip();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** The own peer, unless it is down or the call is cancelled. */
  private reach({ signal }: CallOptions): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(cancelled());
    if (!this.peer.down) return Promise.resolve();
    return Promise.reject(unreachable('endorse', `the peer of ${this.nodeId} does not answer`));
  }

  private deadline({ timeoutMs, signal }: CallOptions, defaultMs: number): Deadline {
    if (signal?.aborted === true) throw cancelled();
    return { atMs: this.channel.clock.nowMs() + (timeoutMs ?? defaultMs), signal };
  }

  private proposal(args: readonly string[]): FakeProposal {
    return {
      txId: this.channel.newTransactionId(this.nodeId),
      timestampMs: this.channel.clock.nowMs() + this.clockOffsetMs,
      creator: this.identity,
      args,
    };
  }

  /** Endorsements that differ because a peer lags are asked for again until the deadline. */
  private async endorseUntil(args: readonly string[], deadline: Deadline): Promise<Envelope> {
    for (;;) {
      const peers = this.channel.endorsersFor(this.nodeId);
      if (this.peer.down || peers.length < this.channel.endorsers) {
        await this.pause(deadline, unreachable('endorse', 'too few endorsing peers answer'));
        continue;
      }
      const proposal = this.proposal(args);
      const answers = await Promise.allSettled(peers.map((peer) => peer.endorse(proposal)));
      const agreed = agreementOf(answers);
      if (agreed !== undefined) return { proposal, endorsement: agreed, endorserMspIds: peers.map((p) => p.mspId) };
      const error = new BlosmError('BLOSM_E_ENDORSEMENT_MISMATCH', 'the endorsers differ', { stage: 'endorse' });
      await this.pause(deadline, error);
    }
  }

  /** The same envelope until the orderer takes it. */
  private async orderUntil(envelope: Envelope, deadline: Deadline): Promise<void> {
    for (;;) {
      const acceptance = this.channel.broadcast(envelope);
      if (acceptance === 'unseen') throw outcomeUnknown(envelope.proposal.txId);
      if (acceptance === 'accepted') return;
      await this.pause(deadline, unreachable('order', 'the orderer does not answer'));
    }
  }

  private async commitOf(txId: string, deadline: Deadline): Promise<CommittedTransaction> {
    const found = await waitFor(this.peer, this.channel.clock, () => this.peer.find(txId), deadline);
    if (found === undefined) throw outcomeUnknown(txId);
    return found;
  }

  /** Waits before the next try; throws the error when the deadline comes first. */
  private async pause(deadline: Deadline, error: BlosmError): Promise<void> {
    if (this.channel.clock.nowMs() + RETRY_MS > deadline.atMs) throw error;
    await this.channel.clock.sleep(RETRY_MS, deadline.signal);
  }
}

function cancelled(): BlosmError {
  return new BlosmError('BLOSM_E_CANCELLED', 'the call was cancelled');
}

function unreachable(stage: string, message: string): BlosmError {
  return new BlosmError('BLOSM_E_LEDGER_UNREACHABLE', message, { stage });
}

function outcomeUnknown(txId: string): BlosmError {
  return new BlosmError('BLOSM_E_OUTCOME_UNKNOWN', `transaction ${txId} may or may not be committed`, {
    stage: 'commit',
  });
}

/**
 * What all endorsers agree on; undefined when they differ. When all refuse with the same code, so does the client.
 */
function agreementOf(answers: readonly PromiseSettledResult<Endorsement>[]): Endorsement | undefined {
  const texts = new Set(answers.map(fingerprint));
  const [first] = answers;
  if (first === undefined || texts.size > 1) return undefined;
  return first.status === 'fulfilled' ? first.value : rethrow(first.reason);
}

/** Equal texts: the endorsers agree. */
export function fingerprint(answer: PromiseSettledResult<Endorsement>): string {
  if (answer.status === 'rejected') return String(answer.reason);
  const { result, set, event } = answer.value;
  const writes = [...set.writes].map(([key, value]) => [key, value?.toString('utf8') ?? null]);
  return JSON.stringify([result, [...set.reads], set.ranges, writes, event?.name, event?.payload.toString('utf8')]);
}

/** The contract's own error, as the real adapter finds it in what the peer hands on. */
function rethrow(error: unknown): never {
  const found = findErrorInText(String(error));
  if (found === undefined) throw error;
  throw new BlosmError(found.code, found.message, { stage: 'endorse', cause: error });
}

function parseResult<N extends TransactionName>(name: N, result: string): ResultOf<N> {
  return TRANSACTIONS[name].result.parse(JSON.parse(result)) as ResultOf<N>;
}

function outcomeOf<N extends SubmitName>(
  name: N,
  { envelope, blockNumber }: CommittedTransaction,
): Omit<Committed<ResultOf<N>>, 'times'> {
  const { proposal, endorsement } = envelope;
  return { transactionId: proposal.txId, blockNumber, result: parseResult(name, endorsement.result) };
}

function sightingOf(peer: FakePeer, { validationCode, blockNumber }: CommittedTransaction): CommitSighting {
  return { nodeId: peer.mspId, peer: `peer0.${peer.mspId}`, validationCode, blockNumber };
}

function lineOf(found: CommittedTransaction): BlockTransaction {
  const { transactionId, validationCode, timestampMs, creatorMspId, functionName } = describe(found);
  const eventName = found.envelope.endorsement.event?.name ?? '';
  return {
    ...{ transactionId, validationCode, timestampMs, creatorMspId, functionName },
    type: 'ENDORSER_TRANSACTION',
    eventName,
  };
}

function eventsOf(block: CommittedBlock): Omit<BlockEvents, 'genesisSha256'> {
  const events = block.transactions.flatMap(({ envelope, validationCode }) => {
    const { proposal, endorsement } = envelope;
    if (validationCode !== 'VALID' || endorsement.event === undefined) return [];
    const payload = EventPayload.parse(JSON.parse(endorsement.event.payload.toString('utf8')));
    return [{ transactionId: proposal.txId, payload }];
  });
  return { blockNumber: block.number, events };
}

function describe({ envelope, blockNumber, validationCode }: CommittedTransaction): LedgerTransaction {
  const { proposal, endorsement, endorserMspIds } = envelope;
  const [functionName = '', ...args] = proposal.args;
  return {
    transactionId: proposal.txId,
    blockNumber,
    validationCode,
    timestampMs: proposal.timestampMs,
    creatorMspId: proposal.creator.mspId,
    functionName,
    args,
    endorserMspIds,
    sizeBytes: Buffer.byteLength(JSON.stringify(proposal) + endorsement.result, 'utf8'),
  };
}

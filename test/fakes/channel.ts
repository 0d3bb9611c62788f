import type { Clock } from '../../agent/ports/clock';
import { testIdentity, type TestIdentity } from '../support/identity';
import { FakeLedger } from './ledger';
import { FakePeer, nextBlock, sha256, type Block, type Envelope } from './peer';

/**
 * What happens once to the next envelope that matches:
 * - `hold`: the orderer has it, but it is committed only on release;
 * - `drop`: the orderer said yes and lost it;
 * - `unseen`: it is committed, but its sender hears nothing (BLOSM_E_OUTCOME_UNKNOWN at once);
 * - `conflict`: it is invalidated by MVCC.
 */
export type FaultKind = 'hold' | 'drop' | 'unseen' | 'conflict';

export interface Fault {
  readonly kind: FaultKind;
  /** True once an envelope has met it. */
  readonly met: boolean;
  /** Commits a held envelope now; nothing else. */
  release(): void;
}

interface PendingFault {
  readonly kind: FaultKind;
  readonly functionName: string;
  readonly nodeId: string | undefined;
  held: Envelope | undefined;
  met: boolean;
}

export interface ChannelOptions {
  readonly nodeIds: readonly string[];
  readonly clock: Clock;
  /** f of the endorsement policy OutOf(f+1, all organisations); 1 by default, less when there are fewer nodes. */
  readonly endorsementFaults?: number;
  /** How long the orderer collects envelopes in milliseconds; 0 (default): a block for each, at once. */
  readonly batchTimeoutMs?: number;
}

/** What the broadcast told its sender. */
export type Acceptance = 'accepted' | 'unseen' | 'unreachable';

/** A channel in memory: one orderer, a peer for each node, the real contracts. */
export class FakeChannel {
  /** Set to false: nothing is accepted and no block is cut. */
  ordererRunning = true;
  batchTimeoutMs: number;
  readonly genesisSha256 = sha256('genesis of the fake channel');
  readonly endorsers: number;
  private readonly peers: ReadonlyMap<string, FakePeer>;
  private readonly blocks: Block[];
  private readonly faults: PendingFault[] = [];
  private readonly isolated = new Set<string>();
  private pending: Envelope[] = [];
  private created = 0;

  constructor(private readonly options: ChannelOptions) {
    const { nodeIds, clock, endorsementFaults = 1, batchTimeoutMs = 0 } = options;
    this.peers = new Map(nodeIds.map((nodeId) => [nodeId, new FakePeer(nodeId, this.genesisSha256, clock)]));
    this.blocks = [{ number: 0, hash: this.genesisSha256, envelopes: [] }];
    this.endorsers = Math.min(endorsementFaults + 1, nodeIds.length);
    this.batchTimeoutMs = batchTimeoutMs;
  }

  get clock(): Clock {
    return this.options.clock;
  }

  /** Number of blocks that the orderer has cut, the genesis block included. */
  get height(): number {
    return this.blocks.length;
  }

  peer(nodeId: string): FakePeer {
    const peer = this.peers.get(nodeId);
    if (peer === undefined) throw new Error(`the fake channel has no peer of ${nodeId}`);
    return peer;
  }

  allPeers(): readonly FakePeer[] {
    return [...this.peers.values()];
  }

  /** The channel as the node's agent sees it. */
  async agent(nodeId: string): Promise<FakeLedger> {
    return this.as(await testIdentity(nodeId, 'client', 'agent'));
  }

  /** The channel as the admin of the node's organisation sees it: may Register. */
  async admin(nodeId: string): Promise<FakeLedger> {
    return this.as(await testIdentity(nodeId, 'admin'));
  }

  /** The channel as the holder of this certificate sees it, through its organisation's peer. */
  as(identity: TestIdentity): FakeLedger {
    return new FakeLedger(this, this.peer(identity.mspId), identity);
  }

  /** The peers that endorse for a node: its own first, then the next ones that are up. */
  endorsersFor(nodeId: string): FakePeer[] {
    const all = [...this.peers.values()];
    const start = all.findIndex(({ mspId }) => mspId === nodeId);
    const ring = [...all.slice(start), ...all.slice(0, start)];
    const isReached = ({ mspId }: FakePeer): boolean => mspId === nodeId || !this.isCut(nodeId, mspId);
    return ring.filter((peer) => !peer.down && isReached(peer)).slice(0, this.endorsers);
  }

  /** Cuts a node's machine off: its peer answers its own agent, hears no block, and nothing of it gets out. */
  isolate(nodeId: string): void {
    this.isolated.add(nodeId);
    this.peer(nodeId).stall();
  }

  /** The end of {@link isolate}: its peer takes in what it has missed. */
  rejoin(nodeId: string): void {
    this.isolated.delete(nodeId);
    this.peer(nodeId).resume();
  }

  /** Whether the own peer of a node can hear the orderer. */
  reachesOrderer(nodeId: string): boolean {
    return this.ordererRunning && !this.isolated.has(nodeId);
  }

  private isCut(one: string, other: string): boolean {
    return this.isolated.has(one) || this.isolated.has(other);
  }

  newTransactionId(nodeId: string): string {
    this.created += 1;
    return sha256(`${nodeId} ${this.created}`);
  }

  /** Lets something happen to the next envelope of this function (of this node, or of any). */
  fault(kind: FaultKind, functionName: string, nodeId?: string): Fault {
    const fault: PendingFault = { kind, functionName, nodeId, held: undefined, met: false };
    this.faults.push(fault);
    return {
      kind,
      get met(): boolean {
        return fault.met;
      },
      release: () => {
        const envelope = fault.held;
        fault.held = undefined;
        if (envelope !== undefined) this.order(envelope);
      },
    };
  }

  broadcast(envelope: Envelope): Acceptance {
    if (!this.reachesOrderer(envelope.proposal.creator.mspId)) return 'unreachable';
    const fault = this.takeFault(envelope);
    if (fault?.kind === 'hold') fault.held = envelope;
    else if (fault?.kind !== 'drop') this.order({ ...envelope, forcedConflict: fault?.kind === 'conflict' });
    return fault?.kind === 'unseen' ? 'unseen' : 'accepted';
  }

  /** Sends an envelope that has been committed before once more. */
  redeliver(txId: string): void {
    const envelope = this.blocks.flatMap((block) => block.envelopes).find(({ proposal }) => proposal.txId === txId);
    if (envelope === undefined) throw new Error(`no envelope ${txId}`);
    this.order(envelope);
  }

  /** Cuts a block of everything that waits. */
  cut(): void {
    const previous = this.blocks.at(-1);
    if (previous === undefined || this.pending.length === 0 || !this.ordererRunning) return;
    const block = nextBlock(previous, this.pending);
    this.pending = [];
    this.blocks.push(block);
    for (const peer of this.peers.values()) peer.receive(block);
  }

  private takeFault({ proposal }: Envelope): PendingFault | undefined {
    const fault = this.faults.find(
      ({ functionName, nodeId, met }) =>
        !met && functionName === proposal.args[0] && (nodeId ?? proposal.creator.mspId) === proposal.creator.mspId,
    );
    if (fault !== undefined) fault.met = true;
    return fault;
  }

  private order(envelope: Envelope): void {
    this.pending.push(envelope);
    if (this.batchTimeoutMs === 0) this.cut();
    else if (this.pending.length === 1) void this.clock.sleep(this.batchTimeoutMs).then(() => this.cut());
  }
}

import { Deadline } from '../../agent/adapters/fabric-grpc/cancellation';
import { CommitWatcher } from '../../agent/adapters/fabric-grpc/commit-watcher';
import { PeerCommits } from '../../agent/adapters/fabric-grpc/peer-commits';
import { PeerDirectory } from '../../agent/adapters/fabric-grpc/peer-directory';
import { RpcNode } from '../../agent/adapters/fabric-grpc/rpc-node';
import { Signer } from '../../agent/adapters/fabric-grpc/signer';
import { QuorumTracker, type CommitSighting, type QuorumVerdict } from '../../agent/domain/quorum';
import { waitUntil } from '../../network/processes';
import { FastClock } from '../fakes/fast-clock';
import type { FakeFabricPeers } from '../fakes/fabric-peers';
import { FakeLog } from '../fakes/log';
import { makeCertificate } from './certificates';

/** So many times faster than real: pauses of seconds become pauses of milliseconds. */
const RATE = 50;
const DEADLINE_MS = 30_000;

/** The part of the ledger adapter that listens to peers, as the agent of the first peer's organisation has it. */
export class PeerListener {
  private constructor(
    private readonly network: FakeFabricPeers,
    readonly log: FakeLog,
    private readonly directory: PeerDirectory,
    readonly watcher: CommitWatcher,
    private readonly commits: PeerCommits,
    private readonly release: () => void,
  ) {}

  static async connect(network: FakeFabricPeers, { hasStreams = true } = {}): Promise<PeerListener> {
    const pair = await makeCertificate('agent');
    const { address } = network.peer(1);
    const log = new FakeLog();
    const session = {
      signer: new Signer({ mspId: address.mspId, ...pair }),
      channel: 'blosm',
      chaincode: 'blosm',
      mspId: address.mspId,
      ownPeer: new RpcNode({ ...address, name: 'the own peer' }, pair),
      log,
      clock: new FastClock(RATE),
    };
    const directory = new PeerDirectory(session, {
      discover: () => Promise.resolve(network.discovered()),
      connect: (each) => new RpcNode(each, pair),
      orderers: [],
    });
    const watcher = new CommitWatcher(session);
    const commits = new PeerCommits(session, directory, watcher, { hasStreams });
    return new PeerListener(network, log, directory, watcher, commits, () => {
      directory.close();
      session.ownPeer.close();
    });
  }

  /** Resolves once so many peers, the own one among them, send their blocks here. */
  async listening(count: number): Promise<void> {
    const open = () => this.network.peers.filter((peer) => peer.counts.seeks.length > 0).length;
    await this.until(`${count} streams`, () => open() >= count && this.watcher.height > 0);
  }

  /** Discovery is asked anew, as it is once a minute. */
  rediscover(): void {
    this.directory.expire();
  }

  /** As a submit does before its envelope leaves. */
  track(transactionId: string): void {
    this.watcher.board.track(transactionId);
  }

  async sightings(transactionId: string): Promise<readonly CommitSighting[]> {
    const deadline = new Deadline(undefined, DEADLINE_MS);
    return this.commits.of(transactionId, deadline).finally(() => deadline.end());
  }

  /** What the agent concludes now. @param nodeIds the active nodes; all peers' organisations when left out */
  async verdict(transactionId: string, nodeIds = this.network.peers.map((peer) => peer.mspId)): Promise<QuorumVerdict> {
    const tracker = new QuorumTracker('commit', this.network.peer(1).mspId);
    for (const sighting of await this.sightings(transactionId)) tracker.addCommit(sighting);
    return tracker.judge({ nodeIds, nowMs: 0, deadlineMs: 1 });
  }

  /** Waits until so many peers are known to have committed it; gives them. */
  async seen(transactionId: string, count: number): Promise<readonly CommitSighting[]> {
    let found: readonly CommitSighting[] = [];
    const look = async (): Promise<boolean> => (found = await this.sightings(transactionId)).length >= count;
    await this.until(`${count} peers have committed ${transactionId}`, look);
    return found;
  }

  /** Calls back on news of tracked transactions. */
  watch(listener: (transactionId: string) => void, signal: AbortSignal): void {
    this.commits.watch(listener, signal);
  }

  async until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    await waitUntil(holds, { deadlineMs: DEADLINE_MS, what });
  }

  async close(): Promise<void> {
    await this.commits.close();
    await this.watcher.close();
    this.release();
  }
}

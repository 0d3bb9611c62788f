import { setMaxListeners } from 'node:events';
import { backoffMs } from '../../domain/backoff';
import type { BackoffPolicy } from '../../domain/backoff';
import type { CommitSighting } from '../../domain/quorum';
import type { Deadline } from './cancellation';
import { CommitQuestion } from './commit-question';
import type { CommitWatcher } from './commit-watcher';
import { readTransaction } from './ledger-queries';
import type { PeerDirectory } from './peer-directory';
import { PeerStreams } from './peer-streams';
import { reasonOf } from './rpc-node';
import type { RpcNode } from './rpc-node';
import type { Session } from './session';

/** Streams show a commit within milliseconds: a peer that has not for so long is asked. */
const ASK_AFTER_MS = 2_000;
/** One question to one peer. */
const ASK_TIMEOUT_MS = 5_000;
const ASK_AGAIN: BackoffPolicy = { initialMs: 1_000, factor: 2, maxMs: 10_000 };
/** When nobody has wanted to know for so long, peers are no longer asked. */
const IDLE_MS = 60_000;

/** Somebody wants to know who has committed a transaction. */
interface Pursuit {
  wantedAtMs: number;
}

/** Which peers have committed a transaction: what their streams show, and what those say that have to be asked. */
export class PeerCommits {
  readonly #streams: PeerStreams | null;
  readonly #pursuits = new Map<string, Pursuit>();
  readonly #running = new Set<Promise<void>>();
  readonly #closed = new AbortController();

  /** @param parts.hasStreams false: no stream is opened to any peer but the own one, and the others are only asked */
  constructor(
    private readonly session: Session,
    private readonly directory: PeerDirectory,
    private readonly watcher: CommitWatcher,
    private readonly parts: { readonly hasStreams: boolean },
  ) {
    // Every question waits on it, of every peer.
    setMaxListeners(0, this.#closed.signal);
    this.#streams = parts.hasStreams ? new PeerStreams(session, directory, watcher) : null;
  }

  /** What is known, once the own peer's word is there or it does not answer; the other peers are asked meanwhile. */
  async of(transactionId: string, deadline: Deadline): Promise<readonly CommitSighting[]> {
    deadline.signal.throwIfAborted();
    const { board } = this.watcher;
    const isOld = !board.isTracked(transactionId);
    board.track(transactionId);
    if (!board.hasSeen(transactionId, this.session.ownPeer.name)) await this.#askOwnPeer(transactionId, deadline);
    // What was submitted before the streams began they will not show.
    this.#pursue(transactionId, isOld || !this.parts.hasStreams);
    return board.sightings(transactionId);
  }

  /** Calls back whenever more is known of a transaction that was submitted here or asked about. */
  watch(listener: (transactionId: string) => void, signal: AbortSignal): void {
    this.watcher.board.onNews(listener, signal);
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await Promise.all([this.#streams?.close(), ...this.#running]);
  }

  /** First of all: against its word a peer that lies stops nobody. */
  async #askOwnPeer(transactionId: string, deadline: Deadline): Promise<void> {
    const { session, watcher } = this;
    try {
      const stored = await readTransaction(session, transactionId, deadline);
      const own = { nodeId: session.mspId, name: session.ownPeer.name };
      if (stored !== null) watcher.board.see(own, transactionId, stored);
    } catch (error) {
      deadline.signal.throwIfAborted();
      session.log.debug(
        { transactionId, reason: reasonOf(error) },
        'the own peer could not be asked for a transaction',
      );
    }
  }

  #pursue(transactionId: string, isAtOnce: boolean): void {
    const wantedAtMs = this.session.clock.nowMs();
    const known = this.#pursuits.get(transactionId);
    if (known !== undefined) {
      known.wantedAtMs = wantedAtMs;
      return;
    }
    if (this.#closed.signal.aborted) return;
    const pursuit = { wantedAtMs };
    this.#pursuits.set(transactionId, pursuit);
    const running = this.#askAll(transactionId, pursuit, isAtOnce)
      .catch((error: unknown) => {
        this.session.log.debug({ transactionId, reason: reasonOf(error) }, 'the peers are no longer asked');
      })
      .finally(() => {
        this.#pursuits.delete(transactionId);
        this.#running.delete(running);
      });
    this.#running.add(running);
  }

  /** Asks all that have not been seen, again and again with pauses, until all have or nobody wants to know. */
  async #askAll(transactionId: string, pursuit: Pursuit, isAtOnce: boolean): Promise<void> {
    const { clock } = this.session;
    const { signal } = this.#closed;
    if (!isAtOnce) await clock.sleep(ASK_AFTER_MS, signal);
    const question = new CommitQuestion(this.session, transactionId);
    for (let round = 1; ; round += 1) {
      const unseen = await this.#unseen(transactionId);
      if (unseen.length === 0 || clock.nowMs() - pursuit.wantedAtMs > IDLE_MS) return;
      await Promise.all(unseen.map(([name, node]) => this.#ask(question, transactionId, name, node)));
      await clock.sleep(backoffMs(ASK_AGAIN, round, Math.random()), signal);
    }
  }

  async #unseen(transactionId: string): Promise<readonly (readonly [string, RpcNode])[]> {
    const { directory, session, watcher } = this;
    const network = await directory.network(this.#closed.signal);
    return [...network.peers.keys()].flatMap((name) => {
      const node = directory.peer(network, name);
      const isAsked = node !== undefined && node !== session.ownPeer && !watcher.board.hasSeen(transactionId, name);
      return isAsked ? [[name, node] as const] : [];
    });
  }

  async #ask(question: CommitQuestion, transactionId: string, name: string, node: RpcNode): Promise<void> {
    const said = await question.ask(node, ASK_TIMEOUT_MS, this.#closed.signal);
    if (said === undefined) return;
    this.watcher.board.see({ nodeId: node.address.mspId, name }, transactionId, said);
  }
}

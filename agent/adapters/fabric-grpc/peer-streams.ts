import { underSignals } from '../../domain/join-signals';
import type { CommitWatcher } from './commit-watcher';
import { DELIVER_FILTERED, followBlocks } from './deliver';
import type { DiscoveredNetwork } from './discovery';
import { readFilteredBlock } from './filtered-blocks';
import type { FilteredBlock } from './filtered-blocks';
import type { PeerDirectory } from './peer-directory';
import { reasonOf } from './rpc-node';
import type { RpcNode } from './rpc-node';
import type { Session } from './session';

/** How often it is looked whether peers have come or gone. */
const LOOK_EVERY_MS = 5_000;

interface OpenStream {
  readonly node: RpcNode;
  readonly stop: AbortController;
}

/**
 * One stream of filtered blocks from every peer but the own one, all opened at once, each with its own position and its
 * own pauses: a peer that is down or slow holds up nobody. What they show goes to the watcher's board. The SDK's handlers
 * open them one after the other, and lose for good what was down once.
 */
export class PeerStreams {
  readonly #open = new Map<string, OpenStream>();
  /** Where a peer's stream goes on, also when the peer was gone from the network meanwhile. */
  readonly #nextBlocks = new Map<string, number>();
  readonly #streams = new Set<Promise<void>>();
  readonly #closed = new AbortController();
  readonly #ended: Promise<void>;
  #nap = new AbortController();

  constructor(
    private readonly session: Session,
    private readonly directory: PeerDirectory,
    private readonly watcher: CommitWatcher,
  ) {
    watcher.onReset(() => this.#restart());
    this.#ended = this.#run();
  }

  async close(): Promise<void> {
    this.#closed.abort();
    for (const { stop } of this.#open.values()) stop.abort();
    await Promise.all([this.#ended, ...this.#streams]);
  }

  async #run(): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      try {
        // A stream without a position of its own begins where the own peer stands.
        await this.watcher.waitForHeight(1, signal);
        this.#adjust(await this.directory.network(signal));
      } catch (error) {
        this.session.log.debug({ reason: reasonOf(error) }, 'the peers of the channel are not known');
      }
      this.#nap = new AbortController();
      const sleep = (either: AbortSignal): Promise<void> => this.session.clock.sleep(LOOK_EVERY_MS, either);
      await underSignals([signal, this.#nap.signal], sleep).catch(() => undefined);
    }
  }

  /** Opens what is missing and ends what is gone. */
  #adjust(network: DiscoveredNetwork): void {
    for (const [name, { stop }] of this.#open) {
      if (network.peers.has(name)) continue;
      stop.abort();
      this.#open.delete(name);
    }
    for (const name of network.peers.keys()) {
      const node = this.directory.peer(network, name);
      const open = this.#open.get(name);
      if (node === undefined || node === this.session.ownPeer || open?.node === node) continue;
      // The peer has new certificates: its old connection is closed.
      open?.stop.abort();
      this.#start(name, node);
    }
  }

  #start(name: string, node: RpcNode): void {
    if (this.#closed.signal.aborted) return;
    const stop = new AbortController();
    this.#open.set(name, { node, stop });
    const stream = this.#follow(name, node, stop.signal).finally(() => this.#streams.delete(stream));
    this.#streams.add(stream);
  }

  async #follow(name: string, node: RpcNode, signal: AbortSignal): Promise<void> {
    const witness = { nodeId: node.address.mspId, name };
    const first = this.#nextBlocks.get(name) ?? this.watcher.height;
    const blocks = followBlocks<FilteredBlock>(this.session, {
      node,
      service: DELIVER_FILTERED,
      read: readFilteredBlock,
      numberOf: (block) => block.number,
      startAt: (next) => Promise.resolve(next ?? first),
      signal,
    });
    for await (const { number, codes } of blocks) {
      if (signal.aborted) return;
      this.#nextBlocks.set(name, number + 1);
      for (const [transactionId, validationCode] of codes) {
        this.watcher.board.see(witness, transactionId, { validationCode, blockNumber: number });
      }
    }
  }

  /** Another network: no position counts any more. */
  #restart(): void {
    for (const { stop } of this.#open.values()) stop.abort();
    this.#open.clear();
    this.#nextBlocks.clear();
    this.directory.expire();
    this.#nap.abort();
  }
}

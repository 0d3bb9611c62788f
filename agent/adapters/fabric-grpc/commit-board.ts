import type { CommitSighting } from '../../domain/quorum';
import type { Clock } from '../../ports/clock';

/** A peer that says something. */
export interface Witness {
  readonly nodeId: string;
  readonly name: string;
}

/** What a block says of a transaction. */
export interface CommitStatus {
  /** Name of Fabric's `TxValidationCode`, e.g. `VALID`. */
  readonly validationCode: string;
  readonly blockNumber: number;
}

/** So many transactions are kept, the oldest goes first. */
const MAX_TRACKED = 1_000;
/** Nobody waits longer for a commit than a migration may take to be decided, by far. */
const MAX_AGE_MS = 15 * 60_000;
/** A second envelope of a transaction: the peer has committed the first earlier, and this does not say as what. */
const SAYS_NOTHING = 'DUPLICATE_TXID';

interface Tracked {
  readonly sinceMs: number;
  readonly byPeer: Map<string, CommitSighting>;
}

/** What peers have said of the transactions that somebody waits for; each peer counts once. Bounded in number and age. */
export class CommitBoard {
  // In the order in which they were tracked.
  readonly #tracked = new Map<string, Tracked>();
  readonly #listeners = new Set<(transactionId: string) => void>();

  constructor(private readonly clock: Clock) {}

  /** From now on what is said of this transaction is kept. Before its envelope leaves, so that nothing is missed. */
  track(transactionId: string): void {
    if (this.#tracked.has(transactionId)) return;
    const nowMs = this.clock.nowMs();
    for (const [id, { sinceMs }] of this.#tracked) {
      if (this.#tracked.size < MAX_TRACKED && nowMs - sinceMs < MAX_AGE_MS) break;
      this.#tracked.delete(id);
    }
    this.#tracked.set(transactionId, { sinceMs: nowMs, byPeer: new Map() });
  }

  isTracked(transactionId: string): boolean {
    return this.#tracked.has(transactionId);
  }

  sightings(transactionId: string): readonly CommitSighting[] {
    return [...(this.#tracked.get(transactionId)?.byPeer.values() ?? [])];
  }

  hasSeen(transactionId: string, peer: string): boolean {
    return this.#tracked.get(transactionId)?.byPeer.has(peer) ?? false;
  }

  /** Takes in what a peer says of a transaction; what nobody waits for, or is known already, changes nothing. */
  see({ nodeId, name }: Witness, transactionId: string, { validationCode, blockNumber }: CommitStatus): void {
    const byPeer = this.#tracked.get(transactionId)?.byPeer;
    if (byPeer === undefined || byPeer.has(name) || validationCode === SAYS_NOTHING) return;
    byPeer.set(name, { nodeId, peer: name, validationCode, blockNumber });
    for (const listener of this.#listeners) listener(transactionId);
  }

  /** Calls back whenever more is known of a tracked transaction, until the signal fires. */
  onNews(listener: (transactionId: string) => void, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#listeners.add(listener);
    signal.addEventListener('abort', () => this.#listeners.delete(listener), { once: true });
  }

  /** Another network: nothing that was said of the old one counts. */
  clear(): void {
    this.#tracked.clear();
  }
}

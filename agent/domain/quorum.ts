/** What counts as a node's confirmation: its record on the ledger, or that a peer of it has committed the transaction. */
export type ConfirmationSource = 'records' | 'commit';

/** What one peer says of a transaction that it has committed. */
export interface CommitSighting {
  /** The organisation of the peer. */
  readonly nodeId: string;
  /** The peer's name, as discovery gives it. */
  readonly peer: string;
  /** Name of Fabric's `TxValidationCode`, e.g. `VALID`. */
  readonly validationCode: string;
  readonly blockNumber: number;
}

/** How many of `nodeCount` nodes must confirm: at least 90 % (paper, Algorithm 1, line 23). Below ten that is all. */
export function requiredConfirmations(nodeCount: number): number {
  return Math.ceil((nodeCount * 9) / 10);
}

/** What a verdict is about. */
export interface QuorumQuestion {
  /** The active nodes on the ledger, read anew each time; never "peers now connected". */
  readonly nodeIds: readonly string[];
  readonly nowMs: number;
  readonly deadlineMs: number;
}

interface Count {
  readonly confirmed: number;
  readonly total: number;
}

/** Algorithm 1 waits for ever; ours has a deadline and says who is missing. */
export type QuorumVerdict =
  | ({ readonly kind: 'confirmed' } & Count)
  | ({
      /** `undecided` from the deadline on: to be asked about again, never to be submitted again. */
      readonly kind: 'pending' | 'undecided';
      readonly missing: readonly string[];
      /** What missing nodes say against the own peer, which has the transaction as valid. */
      readonly disputes: readonly CommitSighting[];
    } & Count)
  /** Validation is deterministic: what one peer found invalid is invalid, unless the own peer has it as valid. */
  | { readonly kind: 'rejected'; readonly by: CommitSighting };

/** A second envelope of a transaction says only that the first was committed earlier, not as what. */
const SAYS_NOTHING = 'DUPLICATE_TXID';
const VALID = 'VALID';

/** Counts who has confirmed one transaction. Takes in records and commits alike and judges by one of them. */
export class QuorumTracker {
  readonly #recorded = new Set<string>();
  readonly #committed = new Set<string>();
  readonly #refused = new Map<string, CommitSighting>();

  /** @param ownNodeId its word on validity stands against that of others: a peer that lies stops nobody */
  constructor(
    readonly source: ConfirmationSource,
    private readonly ownNodeId: string,
  ) {}

  /** A node's confirmation as it lies on the ledger. */
  addRecord(nodeId: string): void {
    this.#recorded.add(nodeId);
  }

  /** What a peer says; a repetition changes nothing, and several peers of a node count as one. */
  addCommit(sighting: CommitSighting): void {
    const { nodeId, validationCode } = sighting;
    if (validationCode === SAYS_NOTHING) return;
    if (validationCode === VALID) this.#committed.add(nodeId);
    else if (!this.#refused.has(nodeId)) this.#refused.set(nodeId, sighting);
  }

  judge({ nodeIds, nowMs, deadlineMs }: QuorumQuestion): QuorumVerdict {
    const [refused] = this.#refused.values();
    if (refused !== undefined && !this.#committed.has(this.ownNodeId)) return { kind: 'rejected', by: refused };
    const confirmedBy = this.source === 'commit' ? this.#committed : this.#recorded;
    const active = new Set(nodeIds);
    const missing = [...active].filter((nodeId) => !confirmedBy.has(nodeId));
    const total = active.size;
    const confirmed = total - missing.length;
    if (total > 0 && confirmed >= requiredConfirmations(total)) return { kind: 'confirmed', confirmed, total };
    const disputes = missing.flatMap((nodeId) => this.#refused.get(nodeId) ?? []);
    return { kind: nowMs < deadlineMs ? 'pending' : 'undecided', confirmed, total, missing, disputes };
  }
}

/** How many of `nodeCount` nodes must confirm: at least 90 % (paper, Algorithm 1, line 23). Below ten that is all. */
export function requiredConfirmations(nodeCount: number): number {
  return Math.ceil((nodeCount * 9) / 10);
}

/** What is known when the source asks whether its metadata has reached the network. */
export interface QuorumFacts {
  /** The active nodes on the ledger, read anew each time; never "peers now connected". */
  readonly nodeIds: readonly string[];
  readonly confirmedBy: readonly string[];
  readonly nowMs: number;
  readonly deadlineMs: number;
}

/** Algorithm 1 waits for ever; ours has a deadline and says who is missing. */
export type QuorumVerdict =
  | { readonly kind: 'confirmed'; readonly confirmed: number; readonly total: number }
  | {
      readonly kind: 'pending';
      readonly confirmed: number;
      readonly total: number;
      readonly missing: readonly string[];
    }
  | {
      readonly kind: 'undecided';
      readonly confirmed: number;
      readonly total: number;
      readonly missing: readonly string[];
    };

/** Counts confirmations of nodes that exist, each once. (`rejected` is the submit's own error: a validation code.) */
export function judgeQuorum(facts: QuorumFacts): QuorumVerdict {
  const confirmedBy = new Set(facts.confirmedBy);
  const missing = facts.nodeIds.filter((nodeId) => !confirmedBy.has(nodeId));
  const total = facts.nodeIds.length;
  const confirmed = total - missing.length;
  if (total > 0 && confirmed >= requiredConfirmations(total)) return { kind: 'confirmed', confirmed, total };
  return { kind: facts.nowMs < facts.deadlineMs ? 'pending' : 'undecided', confirmed, total, missing };
}

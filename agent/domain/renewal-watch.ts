import type { Lease } from '../../chaincode/src/model';

/**
 * No transaction of a process that is gone is dated so long after the next one's start, in milliseconds: endorsers take
 * none that is more than 30 s off their clocks, and the own clock is not further off either, or nothing of it would pass.
 */
const LATEST_MS = 60_000;
/** For so many leases at most an agent that was there long before the other one lets it go first. */
const PATIENCE_LEASES = 10;
/** Renewals whose end was not seen may still be committed late; so many of the newest are remembered. */
const REMEMBERED = 100;

/** From when to when, in milliseconds since 1970. */
interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Tells from the own lease whether another agent of the same cluster renews it too: every renewal on the ledger that is
 * not of this process is somebody else's.
 *
 * INVARIANTS
 * - What an earlier run of this agent has sent never counts, however late it is committed: it is dated before
 *   {@link LATEST_MS} after this start. Nor does one stray renewal alone.
 * - Of two agents that work at the same time the later one gives way: each waits, from its first sighting, for as long
 *   as it had the lease for itself before, and gives way to a sighting that is new then. Whoever is left sees none.
 */
export class RenewalWatch {
  private own: Span[] = [];
  private lastSeenMs: number | null = null;
  private firstSightingMs: number | null = null;

  constructor(
    private readonly startedAtMs: number,
    private readonly leaseMs: number,
  ) {}

  /** A renewal of this process: dated between these two moments, in whichever order its clock had them. */
  renewed(oneMs: number, otherMs: number): void {
    const span = { fromMs: Math.min(oneMs, otherMs), toMs: Math.max(oneMs, otherMs) };
    this.own = [...this.own, span].slice(-REMEMBERED);
  }

  /** Takes in the own lease as the ledger has it; undefined: there is none. True: this agent has to give way. */
  mustGiveWay(lease: Lease | undefined, nowMs: number): boolean {
    const atMs = lease?.renewedAtMs ?? null;
    if (atMs === null || atMs === this.lastSeenMs) return false;
    this.lastSeenMs = atMs;
    // Before the first own renewal it is what the run before has left.
    if (this.own.length === 0 || this.own.some(({ fromMs, toMs }) => atMs >= fromMs && atMs <= toMs)) return false;
    this.firstSightingMs ??= nowMs;
    const aloneMs = Math.min(this.firstSightingMs - this.startedAtMs, PATIENCE_LEASES * this.leaseMs);
    return atMs > this.startedAtMs + LATEST_MS && nowMs > this.firstSightingMs + aloneMs;
  }
}

import { BlosmError, hasCode, type Lease } from '../../chaincode/src/model';
import { lapsedNodes, renewalAfterMs } from '../domain/lease';
import { RenewalWatch } from '../domain/renewal-watch';
import type { AgentContext } from './context';
import type { LedgerCache } from './ledger-cache';
import { Waker } from './waker';

/** How long another node's lease has to be over before this one says so, for clocks that differ; milliseconds. */
const GRACE_MS = 5000;
/** Others are looked at so often in the life of a lease, or somewhat sooner: so much of that pause it is at least. */
const LOOKS_PER_LEASE = 4;
const SHORTEST_SHARE = 0.75;
/** No turn follows another one sooner, in milliseconds, unless it was woken. */
const MIN_PAUSE_MS = 100;
/** What the contract says of a node that holds its lease after all, or that must not be suspended now. */
const NOT_NOW = ['BLOSM_E_LEASE_HELD', 'BLOSM_E_MAJORITY', 'BLOSM_E_SUSPENDED'] as const;

/**
 * Keeps this node's lease, and suspends nodes whose lease has lapsed: below ten nodes 90 % means all, so one that is off
 * would stop every migration.
 */
export class LeaseKeeper {
  private readonly waker: Waker;
  private readonly watch: RenewalWatch;
  private renewedAtMs: number | null = null;
  /** A renewal was asked for that would not be due. */
  private isAskedFor = false;
  /** When the first renewal after a start, or after a time without a ledger, was on the ledger; null: not yet. */
  private backAtMs: number | null = null;

  /** @param giveWay called when another agent of this cluster keeps its lease too, and this one is to end */
  constructor(
    private readonly context: AgentContext,
    private readonly cache: LedgerCache,
    private readonly signal: AbortSignal,
    private readonly giveWay: (why: BlosmError) => void,
  ) {
    this.waker = new Waker(context.clock);
    this.watch = new RenewalWatch(context.clock.nowMs(), context.settings.leaseMs);
  }

  /** Somebody suspended this node: it says at once that it works. */
  suspended(): void {
    this.isAskedFor = true;
    this.waker.wake();
  }

  /**
   * Looks at the leases, renews the own one when it is due, and waits for the next turn.
   * @throws BlosmError of the ledger: the caller tries again
   */
  async turn(): Promise<void> {
    const { ledger, clock, settings } = this.context;
    const leases = await ledger.query('NodeContract:Leases', [], { signal: this.signal });
    // Before the own renewal hides what another agent has written.
    if (this.isShared(leases)) return;
    if (this.isCutOff(clock.nowMs())) this.backAtMs = null;
    if (this.untilDueMs(clock.nowMs()) === 0) await this.renew();
    if (this.othersHadTime(clock.nowMs())) await this.suspendLapsed(leases);
    // Not all at the same moment: one of them is enough.
    const share = SHORTEST_SHARE + this.context.random.fraction() * (1 - SHORTEST_SHARE);
    const lookMs = (settings.leaseMs / LOOKS_PER_LEASE) * share;
    await this.waker.sleep(Math.min(lookMs, this.dueAgainMs(clock.nowMs()) ?? lookMs), this.signal);
  }

  /** A renewal that lies ahead was dated by a clock that has been set back since. */
  private isCutOff(nowMs: number): boolean {
    const { renewedAtMs } = this;
    return renewedAtMs === null || nowMs < renewedAtMs || nowMs >= renewedAtMs + this.context.settings.leaseMs;
  }

  /** How long until the next renewal is due, in milliseconds; 0: it is. */
  private untilDueMs(nowMs: number): number {
    const { renewedAtMs } = this;
    if (this.isAskedFor || renewedAtMs === null || this.isCutOff(nowMs)) return 0;
    return Math.max(0, renewedAtMs + renewalAfterMs(this.context.settings.leaseMs) - nowMs);
  }

  /** The same after a turn; undefined: it has come to nothing, as the node is not on the ledger. */
  private dueAgainMs(nowMs: number): number | undefined {
    return this.isCutOff(nowMs) ? undefined : Math.max(MIN_PAUSE_MS, this.untilDueMs(nowMs));
  }

  /** Whoever could not renew in time had no ledger, and neither had the others perhaps: they have until the next look. */
  private othersHadTime(nowMs: number): boolean {
    const timeMs = (this.context.settings.leaseMs / LOOKS_PER_LEASE) * SHORTEST_SHARE;
    return this.backAtMs !== null && nowMs >= this.backAtMs + timeMs;
  }

  private async renew(): Promise<void> {
    const { ledger, clock, settings } = this.context;
    const atMs = clock.nowMs();
    const wasAskedFor = this.isAskedFor;
    // Before the submission: who asks while it is under way asks for another one.
    this.isAskedFor = false;
    try {
      const renewal = { leaseSeconds: Math.round(settings.leaseMs / 1000) };
      const { result } = await ledger.submit('NodeContract:Renew', [renewal], { signal: this.signal });
      this.watch.renewed(result.renewedAtMs, result.renewedAtMs);
      this.renewedAtMs = atMs;
      this.backAtMs ??= clock.nowMs();
    } catch (error) {
      // It may be committed yet.
      this.watch.renewed(atMs, clock.nowMs());
      // The agent says so elsewhere; a node that is not on the ledger has no lease to keep.
      if (hasCode(error, 'BLOSM_E_NOT_REGISTERED')) return;
      this.isAskedFor ||= wasAskedFor;
      throw error;
    }
  }

  /** Another agent writes in this cluster's name: with another state directory, and out of reach where it listens. */
  private isShared(leases: readonly Lease[]): boolean {
    const { ledger, clock } = this.context;
    const own = leases.find(({ nodeId }) => nodeId === ledger.nodeId);
    if (!this.watch.mustGiveWay(own, clock.nowMs())) return false;
    const why = `another agent of ${ledger.nodeId} renews its lease on the ledger; this one, which came later, ends`;
    this.giveWay(
      new BlosmError('BLOSM_E_AGENT_RUNNING', why, {
        stage: 'lease',
        hint: 'A cluster has one agent: find the other one (same certificate, another machine or state directory).',
      }),
    );
    return true;
  }

  private async suspendLapsed(leases: readonly Lease[]): Promise<void> {
    const { ledger, clock, log } = this.context;
    const nodes = await this.cache.nodes();
    const facts = { me: ledger.nodeId, nodes, leases, nowMs: clock.nowMs(), graceMs: GRACE_MS };
    for (const { nodeId } of lapsedNodes(facts)) {
      try {
        await ledger.submit('NodeContract:Suspend', [nodeId], { signal: this.signal });
        log.warn({ nodeId }, 'its lease has lapsed: suspended');
      } catch (error) {
        if (!hasCode(error, ...NOT_NOW)) throw error;
        log.debug({ nodeId, reason: String(error) }, 'its lease has lapsed, but it cannot be suspended now');
      }
    }
  }
}

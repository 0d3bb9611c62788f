import { BlosmError, hasCode, type Lease } from '../../chaincode/src/model';
import { lapsedNodes, renewalAfterMs } from '../domain/lease';
import { RenewalWatch } from '../domain/renewal-watch';
import type { AgentContext } from './context';
import type { LedgerCache } from './ledger-cache';
import { Waker } from './waker';

/** How long another node's lease has to be over before this one says so, for clocks that differ; milliseconds. */
const GRACE_MS = 5000;
/** Others are looked at so often in the life of a lease. */
const LOOKS_PER_LEASE = 4;
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
    this.renewedAtMs = null;
    this.waker.wake();
  }

  /**
   * Looks at the leases, renews the own one when it is due, and waits for the next turn.
   * @throws BlosmError of the ledger: the caller tries again
   */
  async turn(): Promise<void> {
    const { ledger, clock, settings } = this.context;
    const { renewedAtMs } = this;
    const leases = await ledger.query('NodeContract:Leases', [], { signal: this.signal });
    // Before the own renewal hides what another agent has written.
    if (this.isShared(leases)) return;
    if (this.isDue(clock.nowMs(), settings.leaseMs)) await this.renew();
    // Whoever could not renew in time had no ledger, and neither had the others perhaps: they have until the next look.
    const wasCutOff = renewedAtMs !== null && clock.nowMs() >= renewedAtMs + settings.leaseMs;
    if (!wasCutOff) await this.suspendLapsed(leases);
    // Not all at the same moment: one of them is enough.
    const share = 0.75 + this.context.random.fraction() / 4;
    await this.waker.sleep((settings.leaseMs / LOOKS_PER_LEASE) * share, this.signal);
  }

  /** A renewal that lies ahead was dated by a clock that has been set back since. */
  private isDue(nowMs: number, leaseMs: number): boolean {
    const { renewedAtMs } = this;
    return renewedAtMs === null || nowMs < renewedAtMs || nowMs >= renewedAtMs + renewalAfterMs(leaseMs);
  }

  private async renew(): Promise<void> {
    const { ledger, clock, settings } = this.context;
    const atMs = clock.nowMs();
    try {
      const renewal = { leaseSeconds: Math.round(settings.leaseMs / 1000) };
      const { result } = await ledger.submit('NodeContract:Renew', [renewal], { signal: this.signal });
      this.watch.renewed(result.renewedAtMs, result.renewedAtMs);
      this.renewedAtMs = atMs;
    } catch (error) {
      // It may be committed yet.
      this.watch.renewed(atMs, clock.nowMs());
      // The agent says so elsewhere; a node that is not on the ledger has no lease to keep.
      if (!hasCode(error, 'BLOSM_E_NOT_REGISTERED')) throw error;
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

import type { Clock } from '../../ports/clock';
import type { BlockEvents } from '../../ports/ledger';
import type { Metrics } from '../../ports/metrics';
import type { LedgerCall, LedgerWatcher } from '../watch/watched-ledger';

const CONFIRMS: ReadonlySet<string> = new Set(['MetadataConfirmed', 'EvaluationSubmitted']);

/** Counts what the agent asks of the ledger and what it hears from it. */
export class LedgerFigures implements LedgerWatcher {
  /** The newest block that was worked through and when; null: none yet. */
  lastBlock: { readonly blockNumber: number; readonly atMs: number } | null = null;
  /** Until when this node has vouched for itself; null: it has not since the start. */
  leaseUntilMs: number | null = null;

  constructor(
    private readonly metrics: Metrics,
    private readonly clock: Clock,
  ) {}

  called(call: LedgerCall): void {
    const outcome = call.failure?.code ?? 'ok';
    if (call.failure !== null) this.metrics.add('blosm_ledger_failures_total', { stage: call.failure.stage });
    if (call.kind === 'query') {
      this.metrics.add('blosm_ledger_queries_total', { function: call.name, outcome });
      this.metrics.observe('blosm_ledger_query_seconds', {}, (call.endMs - call.startMs) / 1000);
      return;
    }
    this.metrics.add('blosm_ledger_submits_total', { function: call.name, outcome });
    if (call.times !== null) {
      const { endorseMs, orderMs, commitMs } = call.times;
      this.metrics.observe('blosm_ledger_stage_seconds', { stage: 'endorse' }, endorseMs / 1000);
      this.metrics.observe('blosm_ledger_stage_seconds', { stage: 'order' }, orderMs / 1000);
      this.metrics.observe('blosm_ledger_stage_seconds', { stage: 'commit' }, commitMs / 1000);
    }
    if (call.name === 'NodeContract:Renew' && call.failure === null) {
      const [renewal] = call.args as readonly [{ leaseSeconds: number }];
      this.leaseUntilMs = call.startMs + renewal.leaseSeconds * 1000;
    }
  }

  took({ blockNumber, events }: BlockEvents): void {
    this.lastBlock = { blockNumber, atMs: this.clock.nowMs() };
    for (const { payload } of events) {
      this.metrics.add('blosm_ledger_events_total', { name: payload.name });
      if (CONFIRMS.has(payload.name)) this.metrics.add('blosm_ledger_confirmations_total', { node: payload.nodeId });
    }
  }
}

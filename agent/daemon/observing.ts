import { X509Certificate } from 'node:crypto';
import { createLog } from '../adapters/log';
import { createMetrics, startMetricsServer, type OpenMetrics } from '../adapters/metrics';
import type { TlsIdentity } from '../adapters/tls';
import type { Agent } from '../app/agent';
import type { AgentContext } from '../app/context';
import type { StatusBoard } from '../app/control/status-board';
import { timelineOf } from '../app/control/timeline';
import { AgentFeeds } from '../app/feed/agent-feeds';
import { readGauges } from '../app/figures/gauges';
import { LedgerFigures } from '../app/figures/ledger-figures';
import { MigrationFigures } from '../app/figures/migration-figures';
import { watchCalls } from '../app/watch/watched-calls';
import { watchJournal } from '../app/watch/watched-journal';
import { watchLedger } from '../app/watch/watched-ledger';
import { watchRouter } from '../app/watch/watched-router';
import type { AgentConfig } from '../config/schema';
import type { Clock } from '../ports/clock';
import type { Journal } from '../ports/journal';
import type { Ledger } from '../ports/ledger';
import type { Log } from '../ports/log';
import type { Router } from '../ports/traffic';

const DAY_MS = 86_400_000;
/** How long the other side may take to tell its part of a timeline, in milliseconds. */
const TIMELINE_TIMEOUT_MS = 10_000;

/** What the page needs to know besides what passes by. */
export interface ObservedParts {
  readonly agent: Agent;
  readonly board: StatusBoard;
  readonly identity: TlsIdentity;
  /** Of the journal on the disk. */
  readonly journalBytes: () => Promise<number>;
}

/** Everything that looks on: log, feeds, figures. It stands between the agent and its ports, which know nothing of it. */
export class Observing {
  readonly log: Log;
  readonly feeds: AgentFeeds;
  readonly metrics: OpenMetrics = createMetrics();
  private readonly ledgerFigures: LedgerFigures;
  private readonly migrationFigures = new MigrationFigures(this.metrics);
  private cpuSeconds = 0;

  constructor(
    private readonly clock: Clock,
    private readonly config: AgentConfig,
    version: string,
  ) {
    const node = config.cluster.mspId;
    this.feeds = new AgentFeeds(clock, node);
    this.ledgerFigures = new LedgerFigures(this.metrics, clock);
    this.log = createLog({
      level: config.log.level,
      fields: { node },
      tee: (line) => {
        this.feeds.said(line);
        this.metrics.add('blosm_agent_log_lines_total', { level: line.level });
      },
    });
    this.metrics.set('blosm_build_info', { version, node, channel: config.ledger.channel }, 1);
  }

  ledger(ledger: Ledger): Ledger {
    return watchLedger(ledger, this.clock, [this.ledgerFigures, this.feeds]);
  }

  journal<T extends Journal>(journal: T): T {
    return watchJournal(journal, this.clock, [this.migrationFigures, this.feeds]);
  }

  engine<T extends Pick<AgentContext, 'engine'>>(parts: T): T {
    const engine = watchCalls(parts.engine, this.clock, ({ operation, outcome, durationMs }) => {
      this.metrics.add('blosm_engine_calls_total', { operation, outcome });
      this.metrics.observe('blosm_engine_call_seconds', { operation }, durationMs / 1000);
    });
    return { ...parts, engine };
  }

  peers<T extends object>(peers: T): T {
    return watchCalls(peers, this.clock, ({ operation, outcome, durationMs }) => {
      this.metrics.add('blosm_peer_calls_total', { operation, outcome });
      this.metrics.observe('blosm_peer_call_seconds', { operation }, durationMs / 1000);
    });
  }

  router(router: Router): Router {
    return watchRouter(router, this.clock, ({ outcome, code, durationMs }) => {
      this.metrics.add('blosm_requests_total', { outcome, code });
      this.metrics.observe('blosm_request_seconds', { outcome }, durationMs / 1000);
    });
  }

  /** From now on the page tells what the agent is at. */
  attach({ agent, board, identity, journalBytes }: ObservedParts): void {
    this.migrationFigures.ask({
      facts: (instanceId, migrationId) =>
        agent.journal.factsOf(instanceId).migrations.find((known) => known.migrationId === migrationId),
      outageMs: async (migrationId) => {
        const { outageMs } = await timelineOf(agent, migrationId, { timeoutMs: TIMELINE_TIMEOUT_MS });
        return outageMs;
      },
    });
    this.metrics.beforePage(async () => {
      readGauges(agent, board.view(), this.ledgerFigures, this.metrics);
      const { validTo } = new X509Certificate(identity.certificatePem);
      this.metrics.set('blosm_certificate_left_days', {}, (Date.parse(validTo) - this.clock.nowMs()) / DAY_MS);
      this.metrics.set('blosm_journal_bytes', {}, await journalBytes());
      this.readProcess();
    });
  }

  /** A page on an address of its own, where one is configured. Undefined: none is. */
  async listen(): Promise<{ close(): Promise<void> } | undefined> {
    const { listen } = this.config.metrics;
    return listen === undefined ? undefined : startMetricsServer(listen, this.metrics, this.log);
  }

  private readProcess(): void {
    this.metrics.set('blosm_agent_resident_memory_bytes', {}, process.memoryUsage.rss());
    const { user, system } = process.cpuUsage();
    const cpuSeconds = (user + system) / 1e6;
    this.metrics.add('blosm_agent_cpu_seconds_total', {}, cpuSeconds - this.cpuSeconds);
    this.cpuSeconds = cpuSeconds;
  }
}

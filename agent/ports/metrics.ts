/** What one figure is. Labels are of a bounded set: never a device, a token or an id that grows with the work. */
export interface MetricFacts {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram. */
  readonly buckets?: readonly number[];
}

const counter = <const L extends readonly string[]>(help: string, labels: L) =>
  ({ kind: 'counter', help, labels }) as const;
const gauge = <const L extends readonly string[]>(help: string, labels: L) =>
  ({ kind: 'gauge', help, labels }) as const;
const histogram = <const L extends readonly string[]>(help: string, labels: L, buckets: readonly number[]) =>
  ({ kind: 'histogram', help, labels, buckets }) as const;

/** Seconds: of requests, of calls to what is near, of the ledger's rounds, of what takes minutes. */
const REQUEST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const CALL_SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const LEDGER_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30];
const PHASE_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];

/** Every figure of the agent. A name is never reused for something else. */
export const METRICS = {
  blosm_build_info: gauge('1, with the release and the node as labels.', ['version', 'node', 'channel']),
  blosm_agent_ready: gauge('1: the agent can do its work; 0: it waits for something (blosm status says for what).', []),
  blosm_agent_start_time_seconds: gauge('When the agent started, in seconds since 1970.', []),
  blosm_agent_resident_memory_bytes: gauge('Resident memory of the agent.', []),
  blosm_agent_cpu_seconds_total: counter('Processor time that the agent has used, in seconds.', []),
  blosm_agent_log_lines_total: counter('Log lines written, by level.', ['level']),
  blosm_dependency_up: gauge('1: what the agent depends on works; 0: it does not.', ['dependency']),

  blosm_requests_total: counter('Requests of devices, by what became of them and the code of a refusal.', [
    'outcome',
    'code',
  ]),
  blosm_request_seconds: histogram(
    'From a request until its answer has ended (served) or has been handed on or refused.',
    ['outcome'],
    REQUEST_SECONDS,
  ),
  blosm_request_hold_seconds: histogram(
    'For how long requests were held until their instance could answer.',
    [],
    REQUEST_SECONDS,
  ),
  blosm_requests_in_flight: gauge('Requests that containers here are answering now.', []),
  blosm_requests_held: gauge('Requests that are held now.', []),

  blosm_instances: gauge('Instances, by what this cluster does with them: owned, or served here now.', ['state']),
  blosm_capacity_memory_bytes: gauge('Memory: total, and what of it is not promised.', ['kind']),
  blosm_capacity_disk_bytes: gauge('Disk: total, and what of it is not promised.', ['kind']),
  blosm_capacity_cpu_millis: gauge('Thousandths of cores: total, and what of them is not promised.', ['kind']),
  blosm_capacity_gpu_millis: gauge('Thousandths of GPUs: total, and what of them is not promised.', ['kind']),

  blosm_migrations_total: counter('Steps of migrations that this node wrote: PROPOSED, HANDED_OVER and so on.', [
    'state',
    'strategy',
    'trigger',
  ]),
  blosm_migrations_open: gauge('Migrations that are open now, by state.', ['state']),
  blosm_migration_phase_seconds: histogram(
    'Duration of each step of migrations and starts here, by how it ended.',
    ['phase', 'outcome'],
    PHASE_SECONDS,
  ),
  blosm_migration_outage_seconds: histogram(
    'For how long no cluster answered requests of an instance that this cluster gave away; 0: never closed.',
    ['strategy'],
    [0, ...PHASE_SECONDS],
  ),

  blosm_ledger_submits_total: counter('Transactions, by function and outcome (ok, or the code of the failure).', [
    'function',
    'outcome',
  ]),
  blosm_ledger_queries_total: counter('Queries, by function and outcome (ok, or the code of the failure).', [
    'function',
    'outcome',
  ]),
  blosm_ledger_failures_total: counter('Failed calls to the ledger, by the stage at which they failed.', ['stage']),
  blosm_ledger_stage_seconds: histogram(
    'Where committed transactions spent their time: endorse, order, commit.',
    ['stage'],
    LEDGER_SECONDS,
  ),
  blosm_ledger_query_seconds: histogram('Duration of queries.', [], LEDGER_SECONDS),
  blosm_ledger_events_total: counter('Events of the chaincode, by name.', ['name']),
  blosm_ledger_confirmations_total: counter('Confirmations and evaluations seen on the ledger, by node.', ['node']),
  blosm_ledger_height_blocks: gauge('Number of blocks that the own peer has.', []),
  blosm_ledger_event_lag_blocks: gauge('Blocks that the own peer has and the agent has not worked through.', []),
  blosm_ledger_event_age_seconds: gauge('Seconds since the last block was worked through.', []),
  blosm_ledger_nodes: gauge('Nodes on the channel, by state.', ['state']),
  blosm_lease_left_seconds: gauge("Seconds until this node's lease lapses; negative: since it has.", []),
  blosm_certificate_left_days: gauge("Days until the agent's certificate expires; negative: since it has.", []),

  blosm_engine_calls_total: counter('Calls to the Docker Engine, by operation and outcome.', ['operation', 'outcome']),
  blosm_engine_call_seconds: histogram('Duration of calls to the Docker Engine.', ['operation'], CALL_SECONDS),
  blosm_peer_calls_total: counter('Calls to other agents, by operation and outcome.', ['operation', 'outcome']),
  blosm_peer_call_seconds: histogram('Duration of calls to other agents.', ['operation'], CALL_SECONDS),

  blosm_journal_bytes: gauge('Size of the journal on the disk.', []),
  blosm_journal_entries_total: counter('Entries written to the journal, by kind.', ['kind']),
  blosm_journal_append_seconds: histogram('Until an entry is on the disk.', [], CALL_SECONDS),
} as const satisfies Readonly<Record<string, MetricFacts>>;

export type MetricName = keyof typeof METRICS;
type NameOf<K extends MetricFacts['kind']> = {
  [N in MetricName]: (typeof METRICS)[N]['kind'] extends K ? N : never;
}[MetricName];
export type CounterName = NameOf<'counter'>;
export type GaugeName = NameOf<'gauge'>;
export type HistogramName = NameOf<'histogram'>;
/** One text for each label of the figure. */
export type LabelsOf<N extends MetricName> = Readonly<Record<(typeof METRICS)[N]['labels'][number], string>>;

/** Takes figures in. Never throws: to count must not disturb what is counted. */
export interface Metrics {
  add<N extends CounterName>(name: N, labels: LabelsOf<N>, by?: number): void;
  set<N extends GaugeName>(name: N, labels: LabelsOf<N>, value: number): void;
  observe<N extends HistogramName>(name: N, labels: LabelsOf<N>, value: number): void;
  /** Forgets all values of a gauge: those that are not set again are gone. */
  clear(name: GaugeName): void;
}

/** The figures as Prometheus reads them. */
export interface MetricsPage {
  readonly contentType: string;
  text(): Promise<string>;
}

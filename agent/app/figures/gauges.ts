import type { NodeRecord, Resources } from '../../../chaincode/src/model';
import type { StatusView } from '../../ports/control';
import type { GaugeName, Metrics } from '../../ports/metrics';
import type { Agent } from '../agent';
import type { LedgerFigures } from './ledger-figures';

/** Sets what the agent knows at this moment. Asks nobody: a dependency that hangs must not hang the page. */
export function readGauges(agent: Agent, status: StatusView, ledger: LedgerFigures, metrics: Metrics): void {
  const nowMs = agent.context.clock.nowMs();
  metrics.set('blosm_agent_ready', {}, status.ready ? 1 : 0);
  metrics.set('blosm_agent_start_time_seconds', {}, status.startedAtMs / 1000);
  for (const { name, state } of status.dependencies) {
    metrics.set('blosm_dependency_up', { dependency: name }, state === 'ok' ? 1 : 0);
  }
  readCapacity(status.capacity, metrics);
  readInstances(agent, status, metrics);
  readLedger(agent.cache.nodesNow(), status.ledgerHeight, ledger, nowMs, metrics);
}

function readCapacity(capacity: StatusView['capacity'], metrics: Metrics): void {
  const names = {
    memoryBytes: 'blosm_capacity_memory_bytes',
    diskBytes: 'blosm_capacity_disk_bytes',
    cpuMillis: 'blosm_capacity_cpu_millis',
    gpuMillis: 'blosm_capacity_gpu_millis',
  } as const satisfies Readonly<Record<keyof Resources, GaugeName>>;
  for (const [resource, name] of Object.entries(names) as [keyof Resources, (typeof names)[keyof Resources]][]) {
    // While the engine does not answer nothing is known of it: an old figure would be taken for a new one.
    metrics.clear(name);
    if (capacity === null) continue;
    metrics.set(name, { kind: 'total' }, capacity.total[resource]);
    metrics.set(name, { kind: 'remaining' }, capacity.remaining[resource]);
  }
}

function readInstances(agent: Agent, status: StatusView, metrics: Metrics): void {
  const lanes = agent.lanes.all();
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
  metrics.set('blosm_instances', { state: 'owned' }, status.instancesOwned);
  metrics.set('blosm_instances', { state: 'serving' }, lanes.filter((lane) => lane.mode?.kind === 'serve').length);
  metrics.set('blosm_requests_in_flight', {}, sum(lanes.map((lane) => lane.inFlight.size)));
  metrics.set('blosm_requests_held', {}, sum(lanes.map((lane) => lane.held.size)));
  for (const state of ['PROPOSED', 'HANDED_OVER'] as const) {
    metrics.set('blosm_migrations_open', { state }, status.openMigrations.filter((m) => m.state === state).length);
  }
}

function readLedger(
  nodes: readonly NodeRecord[],
  height: number | null,
  { lastBlock, leaseUntilMs }: LedgerFigures,
  nowMs: number,
  metrics: Metrics,
): void {
  metrics.clear('blosm_ledger_nodes');
  for (const { state } of nodes) {
    metrics.set('blosm_ledger_nodes', { state }, nodes.filter((node) => node.state === state).length);
  }
  metrics.clear('blosm_ledger_height_blocks');
  metrics.clear('blosm_ledger_event_lag_blocks');
  if (height !== null) metrics.set('blosm_ledger_height_blocks', {}, height);
  if (lastBlock !== null) {
    metrics.set('blosm_ledger_event_age_seconds', {}, (nowMs - lastBlock.atMs) / 1000);
    const lag = height === null ? null : Math.max(0, height - 1 - lastBlock.blockNumber);
    if (lag !== null) metrics.set('blosm_ledger_event_lag_blocks', {}, lag);
  }
  if (leaseUntilMs !== null) metrics.set('blosm_lease_left_seconds', {}, (leaseUntilMs - nowMs) / 1000);
}

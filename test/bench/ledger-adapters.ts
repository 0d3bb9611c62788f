import { readFileSync } from 'node:fs';
import { createRandom, systemClock } from '../../agent/adapters/clock';
import { createLog } from '../../agent/adapters/log';
import { connectLedger } from '../../agent/daemon/ledger';
import type { Committed, Ledger } from '../../agent/ports/ledger';
import { clusterFabricFiles, type FabricState } from '../../network/fabric';
import type { BenchReport, Figure } from './report';
import { summarize } from './statistics';

/** As the agent's configuration names them. */
export type LedgerAdapterName = 'fabric-network' | 'fabric-gateway';

/** How much is measured. */
export interface AdapterBenchOptions {
  readonly adapters: readonly LedgerAdapterName[];
  /** With each adapter, all turns together; at least one a turn. */
  readonly transactions: number;
}

const ALL: AdapterBenchOptions = { adapters: ['fabric-network', 'fabric-gateway'], transactions: 200 };
const WARM_UP = 20;
/**
 * The adapters take turns, so that what else the machine does falls on both; only the one whose turn it is is connected,
 * or the other one would read the same blocks at this one's cost.
 */
const TURNS = 5;
const QUERIES_PER_TRANSACTION = 2;

interface Measured {
  readonly submits: (Committed<unknown>['times'] & { readonly wallMs: number })[];
  submitCpuMs: number;
  readonly queryMs: number[];
  queryCpuMs: number;
}

/** What one transaction and one query cost the agent by either adapter: its own processor time, and the wait. */
export async function benchLedgerAdapters(
  fabric: FabricState,
  { adapters, transactions }: AdapterBenchOptions = ALL,
): Promise<BenchReport> {
  const perTurn = Math.ceil(transactions / TURNS);
  const measured = new Map<LedgerAdapterName, Measured>();
  for (const adapter of adapters) {
    measured.set(adapter, { submits: [], submitCpuMs: 0, queryMs: [], queryCpuMs: 0 });
    await turn(fabric, adapter, perTurn, undefined);
  }
  for (let index = 0; index < TURNS; index += 1) {
    for (const [adapter, each] of measured) await turn(fabric, adapter, perTurn, each);
  }
  const { version } = fabric.binaries;
  return {
    bench: `ledger adapters, ${fabric.clusters.length} nodes, Fabric ${version}, BatchTimeout ${fabric.batchTimeoutMs} ms`,
    figures: [...measured].flatMap(([adapter, each]) => figuresOf(adapter, each)),
  };
}

function open(fabric: FabricState, adapter: LedgerAdapterName): Promise<Ledger> {
  const [cluster] = fabric.clusters;
  if (cluster === undefined) throw new Error('the network has no cluster');
  const { connectionProfile, agentCertificate, agentKey } = clusterFabricFiles(fabric, cluster.name);
  const { channel, chaincode } = fabric;
  const files = { certificate: agentCertificate, privateKey: agentKey };
  const config = {
    ledger: { adapter, connectionProfile, channel, chaincode, asLocalhost: false, ...files },
    cluster: { mspId: cluster.mspId },
    confirmation: { source: 'records' },
  } as const;
  const pems = {
    certificatePem: readFileSync(agentCertificate, 'utf8'),
    privateKeyPem: readFileSync(agentKey, 'utf8'),
  };
  return connectLedger(config, pems, { log: createLog({ level: 'error' }), clock: systemClock });
}

/** @param into undefined: nothing is kept, the first turn warms up */
async function turn(
  fabric: FabricState,
  adapter: LedgerAdapterName,
  transactions: number,
  into: Measured | undefined,
): Promise<void> {
  const ledger = await open(fabric, adapter);
  try {
    const warmUp = Math.min(WARM_UP, transactions);
    await run(ledger, warmUp, warmUp);
    const queries = transactions * QUERIES_PER_TRANSACTION;
    const { submits, submitCpuMs, queryMs, queryCpuMs } = await run(ledger, transactions, queries);
    if (into === undefined) return;
    into.submits.push(...submits);
    into.queryMs.push(...queryMs);
    into.submitCpuMs += submitCpuMs;
    into.queryCpuMs += queryCpuMs;
  } finally {
    await ledger.close();
  }
}

async function run(ledger: Ledger, transactions: number, queries: number): Promise<Measured> {
  const result: Measured = { submits: [], submitCpuMs: 0, queryMs: [], queryCpuMs: 0 };
  const startCpuMs = cpuMs();
  for (let index = 0; index < transactions; index += 1) {
    const startedMs = performance.now();
    const { times } = await share(ledger);
    result.submits.push({ ...times, wallMs: performance.now() - startedMs });
  }
  const submittedCpuMs = cpuMs();
  for (let index = 0; index < queries; index += 1) {
    const startedMs = performance.now();
    await ledger.query('NodeContract:List', []);
    result.queryMs.push(performance.now() - startedMs);
  }
  result.submitCpuMs = submittedCpuMs - startCpuMs;
  result.queryCpuMs = cpuMs() - submittedCpuMs;
  return result;
}

/** Of this process, user and system. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** A container that no policy accepts, so that no offers pile up where agents listen. */
function share(ledger: Ledger): Promise<Committed<unknown>> {
  const metadataId = createRandom(systemClock).id('bench');
  const container = {
    sourceIp: '10.88.1.1',
    containerId: 'b'.repeat(64),
    totalSizeBytes: 264_000_000,
    gpuMillis: 0,
    cpuMillis: 500,
    memoryBytes: 268_435_456,
    diskBytes: 1024,
    applicationType: 'bench',
    platform: { os: 'linux', architecture: 'amd64', variant: '' },
    gpuRuntime: '',
    l4tRelease: '',
  };
  return ledger.submit('MetadataContract:Share', [{ metadataId, instanceId: null, container }]);
}

function figuresOf(adapter: LedgerAdapterName, each: Measured): Figure[] {
  const { submits, queryMs } = each;
  const figure = (what: string, value: number, note: string): Figure => ({
    what: `${adapter}: ${what}`,
    unit: 'ms',
    value,
    note,
  });
  const wall = summarize(submits.map(({ wallMs }) => wallMs));
  const query = summarize(queryMs);
  const half = (values: readonly number[]): number => summarize(values).p50;
  return [
    figure('processor time of the agent per transaction', each.submitCpuMs / wall.count, `${wall.count} transactions`),
    figure('submit to commit, p50', wall.p50, 'one at a time'),
    figure('submit to commit, p95', wall.p95, ''),
    figure('- endorse, p50', half(submits.map(({ endorseMs }) => endorseMs)), ''),
    figure('- order, p50', half(submits.map(({ orderMs }) => orderMs)), ''),
    figure('- commit, p50', half(submits.map(({ commitMs }) => commitMs)), ''),
    figure('processor time of the agent per query', each.queryCpuMs / query.count, `${query.count} queries`),
    figure('query, p50', query.p50, 'NodeContract:List'),
  ];
}

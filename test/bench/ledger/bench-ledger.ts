import { availableParallelism } from 'node:os';
import { untilAborted } from '../../../agent/adapters/fabric-grpc/cancellation';
import { hasGatewayService } from '../../integration/support/fabric-version';
import { benchLedgerAdapters, type LedgerAdapterName } from '../ledger-adapters';
import type { BenchReport, Figure } from '../report';
import { measureDecisions, measurePath, type Subject } from './measure';
import { benchNetworkUp, LIGHT_FROM_PEERS, type BenchNetwork } from './network';
import type { LedgerBenchOptions } from './options';
import { startResponders, type Responders } from './responders';
import { bytesFigures, decisionFigures, type PathBytes, type Sample } from './sample';

/** The targets of the design, by network size. */
const TARGETS: Readonly<Record<number, string>> = { 3: '; target: 250 ms', 100: '; target: 1000 ms by commit events' };
const WARM_UP_SMALL = 5;
const WARM_UP_LARGE = 1;

/** Who hears of the progress and of the results, and what ends it. */
export interface LedgerBenchRun {
  readonly say: (line: string) => void;
  /** Called with each report as soon as it is there: a larger network may fail where smaller ones did not. */
  readonly onReport: (report: BenchReport) => void;
  readonly signal: AbortSignal;
}

/** The decision at each size, what it adds to the ledger, and what a transaction costs the agent by either adapter. */
export async function benchLedger(options: LedgerBenchOptions, run: LedgerBenchRun): Promise<void> {
  for (const peers of options.peers) {
    const network = await benchNetworkUp(peers, options, run);
    try {
      run.onReport(await benchSize(network, options, run));
      if (options.transactions > 0) run.onReport(await benchAdapters(network, options, run));
    } finally {
      await network.down();
    }
  }
}

async function benchSize(
  network: BenchNetwork,
  { samples: count }: LedgerBenchOptions,
  { say, signal }: LedgerBenchRun,
): Promise<BenchReport> {
  const { clusters, folder, binaries, batchTimeoutMs } = network.state;
  const isLight = clusters.length >= LIGHT_FROM_PEERS;
  const others = clusters.slice(1).map(({ name }) => name);
  const responders = await startResponders(folder, others, isLight ? 'light' : 'agents', signal);
  const subject = { network, responders, samples: count, warmUp: isLight ? WARM_UP_LARGE : WARM_UP_SMALL, say };
  const { samples, path, again } = await measureAll(subject);
  const title = `${clusters.length} peers, Fabric ${binaries.version}, BatchTimeout ${batchTimeoutMs} ms`;
  return {
    bench: `ledger, ${title}`,
    notes: notesOf(network, responders, isLight, again),
    figures: [
      ...networkFigures(network),
      ...decisionFigures(samples, 'commit', TARGETS[clusters.length] ?? ''),
      ...decisionFigures(samples, 'records', clusters.length === 3 ? '; target: 250 ms' : ''),
      ...bytesFigures(samples, path, clusters.length),
    ],
    rows: samples,
  };
}

async function measureAll(
  subject: Subject,
): Promise<{ readonly samples: readonly Sample[]; readonly path: PathBytes; readonly again: number }> {
  try {
    const [samples, path] = [await measureDecisions(subject), await measurePath(subject)];
    return { samples, path, again: (await subject.responders.stop()).again };
  } catch (failure) {
    await subject.responders.stop().catch(() => undefined);
    throw failure;
  }
}

function networkFigures({ upSeconds, memoryMiB }: BenchNetwork): Figure[] {
  return [
    { what: 'network up, from nothing', unit: 's', value: upSeconds, note: 'until each peer answers by the chaincode' },
    { what: 'memory of the network', unit: 'MiB', value: memoryMiB, note: 'peers, orderer and chaincodes' },
  ];
}

function notesOf({ state }: BenchNetwork, responders: Responders, isLight: boolean, again: number): string[] {
  const peers = state.clusters.length;
  const how = `${peers - 1} nodes answer from ${responders.processes} processes`;
  if (!isLight) {
    return [`${how}: an agent's reads, evaluation and submit, without Docker and the run spec of the source`];
  }
  return [
    `CPU-bound: ${peers} peers share ${availableParallelism()} cores with the orderer, the chaincode and all responders`,
    `${how}, lightly: no reads, no evaluation, no discovery, no wait for the own commit; ${again} submits were repeated`,
    'the chaincode runs in 4 processes, not in one for each peer; one policy names all readers and writers (see MemberRule)',
    'three peers are anchors, the source among them: the others gossip with these only (see Anchors)',
  ];
}

async function benchAdapters(
  { state }: BenchNetwork,
  { transactions }: LedgerBenchOptions,
  { say, signal }: LedgerBenchRun,
): Promise<BenchReport> {
  say(`${state.clusters.length} peers, either adapter`);
  const { version } = state.binaries;
  const hasGateway = hasGatewayService(version);
  const adapters: readonly LedgerAdapterName[] = hasGateway ? ['fabric-network', 'fabric-gateway'] : ['fabric-network'];
  const report = await untilAborted(benchLedgerAdapters(state, { adapters, transactions }), signal);
  if (hasGateway) return report;
  return { ...report, notes: [`fabric-gateway is left out: Fabric ${version} has no gateway service, 2.4 has`] };
}

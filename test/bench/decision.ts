import { readFileSync } from 'node:fs';
import { createRandom, systemClock } from '../../agent/adapters/clock';
import { connectFabric } from '../../agent/adapters/fabric';
import { createLog } from '../../agent/adapters/log';
import { requiredConfirmations } from '../../agent/domain/quorum';
import type { Ledger, SubmitTimes } from '../../agent/ports/ledger';
import type { MetadataShare } from '../../chaincode/src/model';
import type { Sandbox } from '../../network/sandbox';
import { clusterFabricFiles } from '../../network/fabric';
import { waitUntil } from '../../network/processes';
import type { BenchReport, Figure } from './report';
import { summarize } from './statistics';

const ROUNDS = 50;

interface Round {
  readonly times: SubmitTimes;
  /** From the call until the own peer has committed the proposal. */
  readonly proposedMs: number;
  /** From the call until 90 % of the nodes have confirmed and evaluated, as the source's own peer shows it. */
  readonly decidedMs: number;
}

/**
 * Algorithm 1 and 2 on the running clusters: metadata is shared as the first cluster, the agents of the others
 * confirm and evaluate; the wait for the last needed record is what is left after the proposal's own commit.
 */
export async function benchDecision({ plan, fabric }: Sandbox): Promise<BenchReport> {
  const source = plan.clusters[0];
  if (source === undefined) throw new Error('the profile has no cluster');
  const files = clusterFabricFiles(fabric, source.name);
  const ledger = await connectFabric({
    connectionProfile: files.connectionProfile,
    channel: plan.topology.channel,
    chaincode: 'blosm',
    mspId: source.mspId,
    certificatePem: readFileSync(files.agentCertificate, 'utf8'),
    privateKeyPem: readFileSync(files.agentKey, 'utf8'),
    asLocalhost: false,
    log: createLog({ level: 'error' }),
    clock: systemClock,
  });
  try {
    const nodes = await ledger.query('NodeContract:List', []);
    const needed = requiredConfirmations(nodes.length);
    const rounds: Round[] = [];
    for (let index = 0; index < ROUNDS + 5; index += 1) {
      const round = await measure(ledger, source.address, needed);
      if (index >= 5) rounds.push(round);
    }
    return {
      bench: `decision, ${nodes.length} nodes, BatchTimeout ${plan.topology.batchTimeoutMs} ms`,
      figures: figuresOf(rounds),
    };
  } finally {
    await ledger.close();
  }
}

async function measure(ledger: Ledger, sourceIp: string, needed: number): Promise<Round> {
  const metadataId = createRandom(systemClock).id('bench');
  const startedMs = performance.now();
  const { times } = await ledger.submit('MetadataContract:Share', [share(metadataId, sourceIp)]);
  const proposedMs = performance.now() - startedMs;
  const decidedMs = await waitUntil(
    async () => {
      const confirmations = await ledger.query('ConfirmationContract:List', [metadataId]);
      if (confirmations.length < needed) return undefined;
      const evaluations = await ledger.query('EvaluationContract:List', [metadataId]);
      return evaluations.length >= needed - 1 ? performance.now() - startedMs : undefined;
    },
    { deadlineMs: 20_000, what: `${needed} confirmations of ${metadataId}` },
  );
  return { times, proposedMs, decidedMs };
}

/** A container that no policy accepts, so that no offers pile up. */
function share(metadataId: string, sourceIp: string): MetadataShare {
  return {
    metadataId,
    instanceId: null,
    container: {
      sourceIp,
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
    },
  };
}

function figuresOf(rounds: readonly Round[]): Figure[] {
  const figure = (what: string, values: readonly number[], note: string): Figure[] => {
    const { p50, p95, count } = summarize(values);
    return [
      { what: `${what}, p50`, unit: 'ms', value: p50, note: `${note}; ${count} rounds` },
      { what: `${what}, p95`, unit: 'ms', value: p95, note: '' },
    ];
  };
  return [
    ...figure(
      'propose to 90 % confirmed and evaluated',
      rounds.map((r) => r.decidedMs),
      'target: 250 ms',
    ),
    ...figure(
      '- endorse',
      rounds.map((r) => r.times.endorseMs),
      'of the proposal',
    ),
    ...figure(
      '- order',
      rounds.map((r) => r.times.orderMs),
      'of the proposal',
    ),
    ...figure(
      '- commit on the own peer',
      rounds.map((r) => r.times.commitMs),
      'of the proposal',
    ),
    ...figure(
      '- wait for the last needed record',
      rounds.map((r) => r.decidedMs - r.proposedMs),
      'after that',
    ),
  ];
}

import type { ConfirmationSource } from '../../../agent/domain/quorum';
import type { Ledger } from '../../../agent/ports/ledger';
import { handOverOrder, preparation } from '../../support/ledger-samples';
import { connectAgent } from './connect';
import type { BenchNetwork } from './network';
import type { Responders } from './responders';
import type { PathBytes, Sample } from './sample';
import { Source, type Decision } from './source';

/** The sources take turns, so that what else the machine does falls on both; only one is connected at a time. */
const TURNS = 2;
const SOURCES = ['commit', 'records'] as const satisfies readonly ConfirmationSource[];

/** What is measured where. */
export interface Subject {
  readonly network: BenchNetwork;
  readonly responders: Responders;
  /** Decisions that count, of both sources together. */
  readonly samples: number;
  /** Decisions at the beginning of each turn that do not count. */
  readonly warmUp: number;
  readonly say: (line: string) => void;
}

/** Decision after decision, with the ledger's growth; each is aborted, so that the instance can be proposed again. */
export async function measureDecisions(subject: Subject): Promise<Sample[]> {
  const perTurn = Math.ceil(subject.samples / (TURNS * SOURCES.length));
  const samples: Sample[] = [];
  for (let turn = 0; turn < TURNS; turn += 1) {
    for (const confirmationSource of SOURCES) {
      subject.say(`${subject.network.state.clusters.length} peers, ${confirmationSource}, turn ${turn + 1}`);
      samples.push(...(await measureTurn(subject, confirmationSource, perTurn)));
    }
  }
  return samples;
}

async function measureTurn(subject: Subject, confirmationSource: ConfirmationSource, count: number): Promise<Sample[]> {
  const source = await Source.open(subject.network.state, confirmationSource);
  try {
    const instanceId = await source.createInstance();
    const samples: Sample[] = [];
    for (let index = 0; index < subject.warmUp + count; index += 1) {
      const sample = await measureOne(subject, source, instanceId);
      if (index >= subject.warmUp) samples.push(sample);
    }
    return samples;
  } finally {
    await source.close();
  }
}

async function measureOne({ network, responders }: Subject, source: Source, instanceId: string): Promise<Sample> {
  const meter = new Meter(network, source.ledger);
  await meter.settle();
  meter.grown();
  let propose = 0;
  const decided = source.decide(instanceId, { onProposed: () => (propose = meter.grown()) });
  const { migrationId, ...decision }: Decision = await Promise.race([decided, responders.failure]);
  const evaluations = meter.grown();
  const evaluationBlocks = (await meter.blocks()) - 1;
  await source.abort(migrationId);
  return { ...decision, bytes: { propose, evaluations, abort: meter.grown(), evaluationBlocks } };
}

/** Carries one migration to its end and says what the steps after the decision add. */
export async function measurePath({ network, responders }: Subject): Promise<PathBytes> {
  const source = await Source.open(network.state, 'records');
  const destination = await connectAgent(network.state, network.state.clusters[1]?.name ?? '');
  try {
    const instanceId = await source.createInstance();
    const meter = new Meter(network, source.ledger);
    await meter.settle();
    const decided = source.decide(instanceId, { onProposed: () => undefined });
    const { migrationId } = await Promise.race([decided, responders.failure]);
    const grownBy = async (step: Promise<unknown>): Promise<number> => {
      await step;
      await meter.settle();
      return meter.grown();
    };
    await grownBy(Promise.resolve());
    const destinationNodeId = destination.nodeId;
    return {
      prepare: await grownBy(destination.submit('MigrationContract:Prepare', [preparation({ migrationId })])),
      handOver: await grownBy(
        source.ledger.submit('MigrationContract:HandOver', [handOverOrder({ migrationId, destinationNodeId })]),
      ),
      complete: await grownBy(destination.submit('MigrationContract:Complete', [{ migrationId, tokenSha256: null }])),
    };
  } finally {
    await Promise.all([source.close(), destination.close()]);
  }
}

/** Reads off how far the ledger has grown. */
class Meter {
  #bytes = 0;
  #height = 0;

  constructor(
    private readonly network: BenchNetwork,
    private readonly ledger: Ledger,
  ) {}

  /** Waits until every peer has all that was ordered, so that nothing of before is still going on. */
  async settle(): Promise<void> {
    const { height } = await this.ledger.freshView();
    await this.network.level(height);
    this.#height = height;
  }

  /** Bytes since the last time. */
  grown(): number {
    const before = this.#bytes;
    this.#bytes = this.network.ledgerBytes();
    return this.#bytes - before;
  }

  /** Blocks since it was settled. */
  async blocks(): Promise<number> {
    return (await this.ledger.tip()).height - this.#height;
  }
}

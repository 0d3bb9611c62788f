import { createRandom, systemClock } from '../../../agent/adapters/clock';
import { QuorumTracker, type ConfirmationSource } from '../../../agent/domain/quorum';
import type { Committed, Ledger } from '../../../agent/ports/ledger';
import type { FabricState } from '../../../network/fabric';
import { instanceCreation, proposal, serviceRegistration } from '../../support/ledger-samples';
import { connectAgent } from './connect';
import type { Sample } from './sample';
import { WakeUps } from './wake-ups';

/** So long a decision may take before the bench gives up. */
const DECISION_MS = 300_000;
const random = createRandom(systemClock);

/** What a decision took, and of which migration. */
export interface Decision extends Omit<Sample, 'bytes'> {
  readonly migrationId: string;
}

/** Told of the moments at which the ledger's size is of interest. */
export interface Moments {
  onProposed(): void;
}

/** The owner of an instance that proposes its migration and waits as its agent would. */
export class Source {
  readonly #waits = new Set<WakeUps>();
  readonly #closed = new AbortController();

  private constructor(
    readonly ledger: Ledger,
    private readonly confirmationSource: ConfirmationSource,
    /** The active nodes, which an agent keeps until an event says that they changed. */
    private readonly nodeIds: readonly string[],
  ) {}

  static async open(state: FabricState, confirmationSource: ConfirmationSource): Promise<Source> {
    const ledger = await connectAgent(state, state.clusters[0]?.name ?? '', confirmationSource);
    try {
      const nodes = await ledger.query('NodeContract:List', []);
      const source = new Source(
        ledger,
        confirmationSource,
        nodes.map(({ nodeId }) => nodeId),
      );
      await source.#listen();
      return source;
    } catch (failure) {
      await ledger.close();
      throw failure;
    }
  }

  get nodeCount(): number {
    return this.nodeIds.length;
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.ledger.close();
  }

  /** Registers a service and creates an instance of it here. */
  async createInstance(): Promise<string> {
    const [serviceId, instanceId] = [random.id('bench'), random.id('bench')];
    await this.ledger.submit('ServiceContract:Register', [serviceRegistration({ serviceId })]);
    await this.ledger.submit('InstanceContract:Create', [instanceCreation({ instanceId, serviceId })]);
    return instanceId;
  }

  /** Proposes the instance's migration and waits for 90 %, an offer and, so that rounds do not mix, every evaluation. */
  async decide(instanceId: string, moments: Moments): Promise<Decision> {
    const migrationId = random.id('bench');
    const startedMs = performance.now();
    const sinceStart = (): number => performance.now() - startedMs;
    const order = proposal(Date.now(), { migrationId, instanceId });
    const { transactionId, times } = await this.ledger.submit('MigrationContract:Propose', [order]);
    const proposedMs = sinceStart();
    moments.onProposed();
    const signal = AbortSignal.any([this.#closed.signal, AbortSignal.timeout(DECISION_MS)]);
    const [commitsMs, seen] = await Promise.all([
      this.confirmationSource === 'commit' ? this.#commits(transactionId, sinceStart, signal) : null,
      this.#records(migrationId, sinceStart, signal),
    ]);
    return { source: this.confirmationSource, migrationId, times, proposedMs, commitsMs, ...seen };
  }

  abort(migrationId: string): Promise<Committed<unknown>> {
    return this.ledger.submit('MigrationContract:Abort', [{ migrationId, stage: 'bench', reason: 'measured' }]);
  }

  /** News of commits and blocks with events wake whoever waits, as they wake an agent's lane. */
  async #listen(): Promise<void> {
    const { signal } = this.#closed;
    const wakeAll = (): void => {
      for (const wait of this.#waits) wait.wake();
    };
    this.ledger.watchCommits(wakeAll, signal);
    const { height, genesisSha256 } = await this.ledger.tip();
    const follow = async (): Promise<void> => {
      for await (const { events } of this.ledger.events({ genesisSha256, nextBlock: height }, signal)) {
        if (events.some(({ payload }) => payload.name === 'EvaluationSubmitted')) wakeAll();
      }
    };
    // What breaks it shows as a decision that is never made.
    void follow().catch(() => undefined);
  }

  async #waiting<T>(look: () => Promise<T | undefined>, signal: AbortSignal): Promise<T> {
    const wait = new WakeUps();
    this.#waits.add(wait);
    try {
      return await wait.until(look, signal);
    } finally {
      this.#waits.delete(wait);
    }
  }

  #commits(transactionId: string, sinceStart: () => number, signal: AbortSignal): Promise<number> {
    const tracker = new QuorumTracker('commit', this.ledger.nodeId);
    return this.#waiting(async () => {
      for (const sighting of await this.ledger.commits(transactionId)) tracker.addCommit(sighting);
      return this.#isConfirmed(tracker) ? sinceStart() : undefined;
    }, signal);
  }

  /** Reads both lists after each block that adds to them, as an agent does. */
  async #records(
    migrationId: string,
    sinceStart: () => number,
    signal: AbortSignal,
  ): Promise<Pick<Sample, 'offerMs' | 'recordsMs'>> {
    const tracker = new QuorumTracker('records', this.ledger.nodeId);
    let offerMs: number | undefined;
    let recordsMs: number | undefined;
    return this.#waiting(async () => {
      const [confirmations, evaluations] = await Promise.all([
        this.ledger.query('ConfirmationContract:List', [migrationId]),
        this.ledger.query('EvaluationContract:List', [migrationId]),
      ]);
      for (const { nodeId } of confirmations) tracker.addRecord(nodeId);
      if (evaluations.some(({ verdict }) => verdict)) offerMs ??= sinceStart();
      if (this.#isConfirmed(tracker)) recordsMs ??= sinceStart();
      const isComplete = evaluations.length >= this.nodeIds.length - 1;
      return isComplete && offerMs !== undefined && recordsMs !== undefined ? { offerMs, recordsMs } : undefined;
    }, signal);
  }

  #isConfirmed(tracker: QuorumTracker): boolean {
    const nowMs = Date.now();
    return tracker.judge({ nodeIds: this.nodeIds, nowMs, deadlineMs: nowMs + DECISION_MS }).kind === 'confirmed';
  }
}

import { Mutex } from 'async-mutex';
import type { ContainerMetadata, Resources, RunSpec, ServiceRecord } from '../../chaincode/src/model';
import { evaluate, refusedRequests, type SelfEvaluation } from '../domain/evaluation';
import type { AgentContext } from './context';
import { orNull, type LedgerCache } from './ledger-cache';
import type { SystemObserver } from './observe-system';
import type { Promises } from './promises';
import type { SpecLibrary } from './spec-library';

/** The ledger takes at most 20 reasons of 300 characters. */
const MAX_REASONS = 20;
const MAX_REASON_LENGTH = 300;

/** Answers shared metadata: self-evaluation (Algorithm 2), recorded as the paper's migrationRequest(source_ip, flag). */
export class Evaluator {
  /** One at a time: two evaluations must not promise the same memory. */
  private readonly turn = new Mutex();

  constructor(
    private readonly context: AgentContext,
    private readonly cache: LedgerCache,
    private readonly system: SystemObserver,
    private readonly promises: Promises,
    private readonly specs: SpecLibrary,
  ) {}

  /** Evaluates and submits, once; what fails is logged and asked again with the next event or restart. */
  async answer(metadataId: string): Promise<void> {
    const { log } = this.context;
    try {
      await this.turn.runExclusive(() => this.answerNow(metadataId));
    } catch (error) {
      log.warn({ metadataId, error: String(error) }, 'the evaluation did not get to the ledger');
    }
  }

  private async answerNow(metadataId: string): Promise<void> {
    const { ledger, log, clock, settings } = this.context;
    const metadata = await ledger.query('MetadataContract:Get', [metadataId]);
    if (metadata.nodeId === ledger.nodeId) return;
    const earlier = await ledger.query('EvaluationContract:List', [metadataId]);
    const own = earlier.find((e) => e.nodeId === ledger.nodeId);
    const need = needOf(metadata);
    if (own !== undefined) {
      if (own.offerExpiresAtMs !== null) this.promises.offer(metadataId, need, own.offerExpiresAtMs);
      return;
    }
    const result = await this.evaluate(metadata);
    const offerExpiresAtMs = result.verdict ? clock.nowMs() + settings.offerMs : null;
    if (offerExpiresAtMs !== null) this.promises.offer(metadataId, need, offerExpiresAtMs);
    await ledger.submit('EvaluationContract:Submit', [
      {
        metadataId,
        policy: settings.policy,
        checks: result.checks,
        verdict: result.verdict,
        reasons: result.reasons.slice(0, MAX_REASONS).map((reason) => reason.slice(0, MAX_REASON_LENGTH)),
        offerExpiresAtMs,
      },
    ]);
    log.info({ metadataId, verdict: result.verdict, reasons: result.reasons }, 'evaluated');
  }

  private async evaluate(metadata: ContainerMetadata): Promise<SelfEvaluation> {
    const { settings } = this.context;
    const [system, refused] = await Promise.all([this.system.observe(), this.refusedBySpec(metadata)]);
    return evaluate(metadata.container, system, settings.policy, refused);
  }

  /** The admission policy needs the run spec, which only the source may send: no spec, no true verdict. */
  private async refusedBySpec(metadata: ContainerMetadata): Promise<readonly string[]> {
    if (this.context.settings.policy === 'paper' || metadata.instanceId === null) return [];
    const instance = await this.cache.instance(metadata.instanceId);
    const service = instance === null ? null : await this.cache.service(instance.serviceId);
    if (service === null) return ['the service is not on the ledger'];
    return refusedRequests(await this.specOf(service, metadata.nodeId), this.context.settings.allow);
  }

  private specOf(service: ServiceRecord, sourceNodeId: string): Promise<RunSpec> {
    return this.specs.specOf(service, [sourceNodeId]);
  }

  /** After a start: open migrations that were proposed while this agent was away. */
  async catchUp(): Promise<void> {
    const { ledger } = this.context;
    let bookmark = '';
    do {
      const page = await ledger.query('MigrationContract:List', [{ pageSize: 200, bookmark }]);
      for (const migration of page.items) {
        if (migration.state === 'PROPOSED') await this.answer(migration.migrationId);
      }
      bookmark = page.items.length < 200 ? '' : page.bookmark;
    } while (bookmark !== '');
  }

  /** True when this node's offer for the migration still stands. */
  async hasOffered(migrationId: string): Promise<boolean> {
    const { ledger } = this.context;
    const evaluations = await orNull(ledger.query('EvaluationContract:List', [migrationId]));
    return evaluations?.some((e) => e.nodeId === ledger.nodeId && e.verdict) ?? false;
  }
}

function needOf({ container }: ContainerMetadata): Resources {
  const { memoryBytes, cpuMillis, gpuMillis, diskBytes } = container;
  return { memoryBytes, cpuMillis, gpuMillis, diskBytes };
}

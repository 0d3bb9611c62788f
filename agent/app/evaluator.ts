import type { ContainerMetadata, Resources, ServiceRecord } from '../../chaincode/src/model';
import { BlosmError } from '../../chaincode/src/model';
import { NO_RESOURCES } from '../domain/capacity';
import { CORDONED, evaluate, gpuReasons, type SelfEvaluation } from '../domain/evaluation';
import { oneLine } from '../domain/one-line';
import type { AgentContext } from './context';
import type { LedgerCache } from './ledger-cache';
import type { SystemObserver } from './observe-system';
import { sharedBy, type Promises } from './promises';
import type { ServiceJudge, SpecWord } from './service-judge';

/** The ledger takes at most 20 reasons of 300 characters. */
const MAX_REASONS = 20;
const MAX_REASON_LENGTH = 300;
/** How often a submission is tried that may pass later, and the pause after the first time in milliseconds. */
const MAX_ATTEMPTS = 5;
const PAUSE_MS = 1000;

/** Answers shared metadata: self-evaluation (Algorithm 2), recorded as the paper's migrationRequest(source_ip, flag). */
export class Evaluator {
  /** What is being answered: a second answer would be refused by the ledger. What is promised has a turn of its own. */
  private readonly underWay = new Set<string>();

  constructor(
    private readonly context: AgentContext,
    private readonly cache: LedgerCache,
    private readonly system: SystemObserver,
    private readonly promises: Promises,
    private readonly judge: ServiceJudge,
    private readonly signal: AbortSignal,
  ) {}

  /** Evaluates and submits, once; what passes is tried again a few times, else with the next restart. Never throws. */
  async answer(metadataId: string): Promise<void> {
    if (this.underWay.has(metadataId)) return;
    this.underWay.add(metadataId);
    await this.answerUntilTold(metadataId).finally(() => this.underWay.delete(metadataId));
  }

  private async answerUntilTold(metadataId: string): Promise<void> {
    const { log, clock } = this.context;
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      try {
        await this.answerNow(metadataId);
        return;
      } catch (error) {
        log.warn({ ...idsOf(metadataId), attempt, error: String(error) }, 'the evaluation did not get to the ledger');
        if (!(error instanceof BlosmError) || !error.retryable) return;
      }
      await clock.sleep(PAUSE_MS * attempt, this.signal).catch(() => undefined);
      if (this.signal.aborted) return;
    }
  }

  private async answerNow(metadataId: string): Promise<void> {
    const { ledger, log, clock, settings } = this.context;
    const [metadata, earlier] = await Promise.all([
      ledger.query('MetadataContract:Get', [metadataId]),
      ledger.query('EvaluationContract:List', [metadataId]),
    ]);
    if (metadata.nodeId === ledger.nodeId) return;
    const own = earlier.find((e) => e.nodeId === ledger.nodeId);
    const need = needOf(metadata);
    const service = await this.serviceOf(metadata);
    const shared = service === null ? '' : sharedBy(service);
    if (own !== undefined) {
      if (own.offerExpiresAtMs !== null) this.promises.offer(metadataId, need, own.offerExpiresAtMs, shared);
      return;
    }
    const word = await this.wordOf(metadata, service);
    const { result, offerExpiresAtMs } = await this.promises.exclusive(async () => {
      const result = await this.evaluate(metadata, service, word);
      const offerExpiresAtMs = result.verdict ? clock.nowMs() + settings.offerMs : null;
      if (offerExpiresAtMs !== null) this.promises.offer(metadataId, need, offerExpiresAtMs, shared);
      return { result, offerExpiresAtMs };
    });
    const { transactionId } = await ledger.submit('EvaluationContract:Submit', [
      {
        metadataId,
        policy: settings.policy,
        checks: result.checks,
        verdict: result.verdict,
        reasons: result.reasons.slice(0, MAX_REASONS).map((reason) => oneLine(reason, MAX_REASON_LENGTH)),
        offerExpiresAtMs,
      },
    ]);
    log.info({ ...idsOf(metadataId), transactionId, verdict: result.verdict, reasons: result.reasons }, 'evaluated');
  }

  /** A node that cannot look at itself has still seen the metadata: it confirms, with verdict false. */
  private async evaluate(
    { container }: ContainerMetadata,
    service: ServiceRecord | null,
    { spec, reasons }: SpecWord,
  ): Promise<SelfEvaluation> {
    try {
      const system = await this.system.observe();
      const isHere = service !== null && system.sharedHere.has(sharedBy(service));
      const gpu = spec === null ? [] : gpuReasons(spec, container, system.runtimes, system.total.gpuMillis);
      const needs = isHere ? { ...container, ...NO_RESOURCES, totalSizeBytes: 0 } : container;
      const result = evaluate(needs, system, this.context.settings.policy, [...gpu, ...reasons]);
      return this.cache.isCordoned() ? { ...result, verdict: false, reasons: [CORDONED, ...result.reasons] } : result;
    } catch (error) {
      const checks = { size: false, cpu: false, gpu: false, applicationType: false };
      return { checks, verdict: false, reasons: [`this cluster cannot look at itself: ${String(error)}`] };
    }
  }

  private async serviceOf({ instanceId }: ContainerMetadata): Promise<ServiceRecord | null> {
    const instance = instanceId === null ? null : await this.cache.instance(instanceId);
    return instance === null ? null : this.cache.service(instance.serviceId);
  }

  /** The admission policy needs the run spec, which only the source may send: no spec, no true verdict. */
  private async wordOf(metadata: ContainerMetadata, service: ServiceRecord | null): Promise<SpecWord> {
    if (this.context.settings.policy === 'paper' || metadata.instanceId === null) return { spec: null, reasons: [] };
    if (service === null) return { spec: null, reasons: ['the service is not on the ledger'] };
    return this.judge.specWord(service, [metadata.nodeId]);
  }

  /** After a start: open migrations that were proposed while this agent was away. */
  async catchUp(): Promise<void> {
    const { ledger } = this.context;
    let bookmark = '';
    do {
      const page = await ledger.query('MigrationContract:List', [{ pageSize: 200, bookmark }]);
      const open = page.items.filter(({ state }) => state === 'PROPOSED');
      await Promise.all(open.map(({ migrationId }) => this.answer(migrationId)));
      bookmark = page.items.length < 200 ? '' : page.bookmark;
    } while (bookmark !== '');
  }

  /** True when this node's offer for the migration still stands. */
  async hasOffered(migrationId: string): Promise<boolean> {
    const { ledger, clock } = this.context;
    const evaluations = await ledger.query('EvaluationContract:List', [migrationId]);
    return evaluations.some((e) => e.nodeId === ledger.nodeId && (e.offerExpiresAtMs ?? 0) > clock.nowMs());
  }
}

function needOf({ container }: ContainerMetadata): Resources {
  const { memoryBytes, cpuMillis, gpuMillis, diskBytes } = container;
  return { memoryBytes, cpuMillis, gpuMillis, diskBytes };
}

/** The metadata of a proposal has its migration's id. */
const idsOf = (metadataId: string): Readonly<Record<string, string>> => ({ metadataId, migrationId: metadataId });

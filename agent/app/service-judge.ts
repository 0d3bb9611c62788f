import type { RunSpec, ServiceRecord } from '../../chaincode/src/model';
import { CORDONED, gpuReasons, refusedRequests, unfitReasons } from '../domain/evaluation';
import type { AgentContext } from './context';
import type { LedgerCache } from './ledger-cache';
import type { SystemObservation } from './observe-system';
import type { SpecLibrary } from './spec-library';

/** What there is to say against a run spec, before the cluster is looked at. */
export interface SpecWord {
  /** Null: no cluster has given it. */
  readonly spec: RunSpec | null;
  /** What the admission policy or the missing spec says. */
  readonly reasons: readonly string[];
}

/**
 * Why this cluster cannot or will not run a service, whatever room there is. A service that another cluster has
 * registered is a foreign container, also where a device's first request would create it here.
 */
export class ServiceJudge {
  constructor(
    private readonly context: AgentContext,
    private readonly cache: LedgerCache,
    private readonly specs: SpecLibrary,
  ) {}

  /** The admission policy on the run spec, which is asked of others where it is not known. Never throws. */
  async specWord(service: ServiceRecord, nodeIds: readonly string[] = []): Promise<SpecWord> {
    try {
      const spec = await this.specs.specOf(service, nodeIds);
      return { spec, reasons: refusedRequests(spec, this.context.settings.allow) };
    } catch (error) {
      return { spec: null, reasons: [`the run spec is not known here: ${String(error)}`] };
    }
  }

  /** The same for what this cluster would create: its own services were admitted when it registered them. */
  async ownWord(service: ServiceRecord): Promise<SpecWord> {
    const word = await this.specWord(service);
    const isOwn = service.registeredBy === this.context.ledger.nodeId && word.spec !== null;
    return isOwn ? { ...word, reasons: [] } : word;
  }

  /** Everything that speaks against the service here but the room; empty: nothing. */
  unfit(service: ServiceRecord, { spec, reasons }: SpecWord, system: SystemObservation): string[] {
    return [
      ...(this.cache.isCordoned() ? [CORDONED] : []),
      ...unfitReasons(service, system),
      ...(spec === null ? [] : gpuReasons(spec, service, system.runtimes, system.total.gpuMillis)),
      ...reasons,
    ];
  }
}

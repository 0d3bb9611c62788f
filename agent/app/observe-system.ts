import type { Resources } from '../../chaincode/src/model';
import { remainingResources } from '../domain/capacity';
import type { SystemFacts } from '../domain/evaluation';
import type { EngineObservation } from '../ports/engine';
import type { AgentContext } from './context';
import type { Promises } from './promises';

/** The host's totals do not change by the second; what is promised does. */
const TOTALS_AGE_MS = 10_000;

export interface SystemObservation extends SystemFacts {
  readonly total: Resources;
  readonly promised: readonly Resources[];
  readonly engine: EngineObservation;
  /** Services whose shared container is here or promised. */
  readonly sharedHere: ReadonlySet<string>;
}

/** Watches the engine's host and counts what is left of it. */
export class SystemObserver {
  private last: { readonly engine: EngineObservation; readonly atMs: number } | null = null;

  constructor(
    private readonly context: AgentContext,
    private readonly promises: Promises,
  ) {}

  /** @throws BlosmError of the engine */
  async observe(): Promise<SystemObservation> {
    const { settings, engine, ledger } = this.context;
    const [observed, containers] = await Promise.all([this.engine(), engine.listContainers(ledger.nodeId)]);
    const total = { ...observed.total, ...settings.capacity };
    const promised = this.promises.list(containers);
    return {
      total,
      promised,
      engine: observed,
      sharedHere: this.promises.sharedHere(containers),
      remaining: remainingResources(total, promised),
      applicationTypes: settings.applicationTypes,
      platform: observed.platform,
      runtimes: observed.runtimes,
      l4tRelease: observed.l4tRelease,
    };
  }

  private async engine(): Promise<EngineObservation> {
    const nowMs = this.context.clock.nowMs();
    // Either way: the clock may have been set back.
    if (this.last === null || Math.abs(nowMs - this.last.atMs) >= TOTALS_AGE_MS) {
      this.last = { engine: await this.context.engine.observe(), atMs: nowMs };
    }
    return this.last.engine;
  }
}

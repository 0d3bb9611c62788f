import type { Position } from '../../chaincode/src/model';
import { hasCode } from '../../chaincode/src/model';
import { rememberPosition, type CoverageMemory } from '../domain/coverage';
import type { LaneView } from '../domain/lane-view';
import { plan } from '../domain/plan';
import type { Plan, Step } from '../domain/steps';
import { trafficMode, type TrafficMode } from '../domain/traffic-mode';
import type { AgentContext } from './context';
import type { Execute } from './execute';
import { InFlight } from './in-flight';
import type { InstanceJournal } from './instance-journal';
import type { LaneObserver } from './observe-lane';
import { Troubles } from './troubles';
import { Waker } from './waker';

/** How long a lane pauses when it cannot even look. */
const BLIND_PAUSE_MS = 1000;
/** Steps that change nothing: looked at often, never journalled. */
const UNRECORDED = new Set<Step['name']>(['watch']);

export interface LaneParts {
  readonly context: AgentContext;
  readonly observer: LaneObserver;
  readonly journal: InstanceJournal;
  readonly execute: Execute;
  /** True once the own peer has caught up with the orderer. */
  readonly isFresh: () => boolean;
}

/**
 * One instance's loop: look, plan, do one step, look again. One step at a time, so that nothing about an instance ever
 * runs twice at once.
 */
export class Lane {
  /** Requests that its container is answering. */
  readonly inFlight = new InFlight();
  /** Requests that wait until they can be answered. */
  readonly held = new InFlight();
  coverage: CoverageMemory | undefined;
  private view: LaneView | null = null;
  private lastPlan: Plan | null = null;
  private readonly troubles = new Troubles();
  private healthy: ReadonlySet<string> = new Set();
  private over = false;
  private readonly waker: Waker;
  private readonly watchers = new Set<() => void>();

  constructor(
    readonly instanceId: string,
    private readonly parts: LaneParts,
  ) {
    this.waker = new Waker(parts.context.clock);
  }

  /** What becomes of requests, as of the last look; undefined before the first. */
  get mode(): TrafficMode | undefined {
    return this.view === null ? undefined : trafficMode(this.currentView(this.view));
  }

  /** The last look and what was decided on it, for `explain`. */
  get state(): { readonly view: LaneView | null; readonly plan: Plan | null } {
    return { view: this.view, plan: this.lastPlan };
  }

  /** True once it has nothing left to look after; whoever has news for the instance needs a new lane. */
  get isOver(): boolean {
    return this.over;
  }

  wake(): void {
    this.waker.wake();
  }

  /** Lets the running step pause until news come or the time is over. */
  rest(durationMs: number, signal: AbortSignal): Promise<void> {
    return this.waker.sleep(durationMs, signal);
  }

  notePosition(position: Position): CoverageMemory {
    const { settings, clock } = this.parts.context;
    this.coverage = rememberPosition(settings.profile, this.coverage, position, clock.nowMs());
    return this.coverage;
  }

  /** Resolves when the mode may have changed, or the signal fires. */
  async changed(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.watchers.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.watchers.add(done);
      signal.addEventListener('abort', done);
    });
  }

  /** Runs until the signal fires or the lane has nothing left to look after. Never throws. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const pauseMs = await this.turn(signal).catch((error: unknown) => this.blind(error));
      if (pauseMs === 'finished') return;
      await this.waker.sleep(pauseMs, signal);
    }
  }

  /** One look, at most one step; gives the milliseconds to rest. */
  private async turn(signal: AbortSignal): Promise<number | 'finished'> {
    const { observer, context } = this.parts;
    const view = await observer.observe(this.instanceId, this.memory());
    this.healthy = stillRunning(this.healthy, view);
    this.troubles.look(view);
    this.view = this.currentView(view);
    this.lastPlan = plan(this.view);
    this.announce();
    if (this.lastPlan.kind === 'step') {
      await this.perform(this.lastPlan.step, this.view, signal);
      return 0;
    }
    if (isFinished(this.view)) {
      this.over = true;
      return 'finished';
    }
    const { untilMs } = this.lastPlan;
    const leftMs = (untilMs ?? Infinity) - context.clock.nowMs();
    // A time that has passed already would make the lane look without a pause.
    return leftMs > 0 ? Math.min(leftMs, context.settings.resyncMs) : context.settings.resyncMs;
  }

  private async perform(step: Step, view: LaneView, signal: AbortSignal): Promise<void> {
    const { journal, execute, context } = this.parts;
    const entry = { instanceId: this.instanceId, migrationId: step.migrationId, name: step.name };
    const isRecorded = !UNRECORDED.has(step.name);
    if (isRecorded) await journal.append({ ...entry, kind: 'step-begun', detail: step });
    if (isRecorded) context.log.debug({ ...entry }, 'step begins');
    this.announce();
    try {
      const result = await execute(step, view, this, signal);
      if (isRecorded) await journal.append({ ...entry, kind: 'step-done', detail: result ?? null });
      this.troubles.done(step);
      if (isRecorded) context.log.info({ ...entry, ...transactionOf(result) }, 'step done');
    } catch (error) {
      if (signal.aborted) throw error;
      const { code, message } = this.troubles.failed(step.name, error, context.clock.nowMs());
      context.log.warn({ ...entry, code, error: message }, 'step failed');
      if (isRecorded) await journal.append({ ...entry, kind: 'step-failed', detail: { code, message } });
    }
  }

  markHealthy(containerId: string, isHealthy: boolean): void {
    const next = new Set(this.healthy);
    if (isHealthy) next.add(containerId);
    else next.delete(containerId);
    this.healthy = next;
    this.announce();
  }

  private memory(): Pick<LaneView, 'position' | 'healthy' | 'trouble' | 'fresh'> {
    const position = this.coverage?.position ?? null;
    return { position, healthy: this.healthy, trouble: this.troubles.present, fresh: this.parts.isFresh() };
  }

  /** The look with what has changed since in the lane itself. */
  private currentView(view: LaneView): LaneView {
    return { ...view, ...this.memory(), facts: this.parts.journal.factsOf(this.instanceId) };
  }

  private blind(error: unknown): number {
    if (!hasCode(error, 'BLOSM_E_CANCELLED')) {
      const { log } = this.parts.context;
      log.warn({ instanceId: this.instanceId, error: String(error) }, 'cannot look; trying again');
    }
    return BLIND_PAUSE_MS;
  }

  private announce(): void {
    for (const done of [...this.watchers]) done();
  }
}

/** The transaction that a step wrote, for its log line. */
function transactionOf(result: unknown): { readonly transactionId?: string } {
  const has = typeof result === 'object' && result !== null && 'transactionId' in result;
  return has && typeof result.transactionId === 'string' ? { transactionId: result.transactionId } : {};
}

function stillRunning(healthy: ReadonlySet<string>, view: LaneView): ReadonlySet<string> {
  const running = new Set(view.containers.filter((c) => c.state === 'running').map((c) => c.containerId));
  return new Set([...healthy].filter((id) => running.has(id)));
}

/** Nothing of the instance is here and it is somebody else's, or nobody's. */
function isFinished(view: LaneView): boolean {
  const isForeign = view.instance === null || view.instance.ownerNodeId !== view.me;
  return isForeign && view.containers.length === 0 && view.facts.migrations.every((m) => m.closed);
}

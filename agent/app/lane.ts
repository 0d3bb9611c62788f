import { hasCode } from '../../chaincode/src/model';
import type { ContainerObservation } from '../domain/container';
import { rememberPosition, type CoverageMemory, type PositionReport } from '../domain/coverage';
import { underSignals } from '../domain/join-signals';
import { isFinished, isWhereItWas, stillRunning } from '../domain/lane-end';
import type { LaneView } from '../domain/lane-view';
import { plan } from '../domain/plan';
import type { Plan, Step } from '../domain/steps';
import { trafficMode, type TrafficMode } from '../domain/traffic-mode';
import type { Activity, ActivityBook } from './activity';
import type { AgentContext } from './context';
import type { Execute } from './execute';
import { InFlight } from './in-flight';
import type { InstanceJournal } from './instance-journal';
import type { LaneMemory, LaneObserver } from './observe-lane';
import { Troubles } from './troubles';
import { Waker } from './waker';

/** How long a lane pauses when it cannot even look, or cannot write down what it is about to do. */
const BLIND_PAUSE_MS = 1000;
/** Steps that change nothing: looked at often, never journalled. */
const UNRECORDED = new Set<Step['name']>(['watch']);
/** Steps that an operator's cancellation ends at once: they can be repeated, and nobody else waits for their outcome. */
const INTERRUPTIBLE = new Set<Step['name']>(['pick', 'drain', 'stop', 'commit', 'push', 'send-image', 'watch']);
/** Steps of which only the timeline tells, and which bring a service back: no full disk keeps them from being done. */
const RESCUES = new Set<Step['name']>(['start', 'warm', 'abort', 'complete']);

export interface LaneParts {
  readonly context: AgentContext;
  readonly observer: LaneObserver;
  readonly journal: InstanceJournal;
  readonly execute: Execute;
  readonly activities: ActivityBook;
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
  readonly activity: Activity;
  coverage: CoverageMemory | undefined;
  private view: LaneView | null = null;
  private lastPlan: Plan | null = null;
  private planSinceMs = 0;
  private readonly interrupts = new Set<AbortController>();
  private readonly troubles = new Troubles();
  private healthy: ReadonlySet<string> = new Set();
  private over = false;
  private isShut = false;
  private readonly waker: Waker;
  private readonly watchers = new Set<() => void>();

  constructor(
    readonly instanceId: string,
    private readonly parts: LaneParts,
  ) {
    this.waker = new Waker(parts.context.clock);
    this.activity = parts.activities.of(instanceId);
  }

  /** What becomes of requests, as of the last look; undefined before the first. */
  get mode(): TrafficMode | undefined {
    return this.view === null ? undefined : trafficMode(this.currentView(this.view));
  }

  /** The code of the failure for which it could not look when it last tried; null: it could. */
  get whyBlind(): string | null {
    return this.troubles.whyBlind;
  }

  /** The last look and what was decided on it, for `explain`. */
  get state(): { readonly view: LaneView | null; readonly plan: Plan | null; readonly sinceMs: number } {
    return { view: this.view, plan: this.lastPlan, sinceMs: this.planSinceMs };
  }

  /** True once it has nothing left to look after; whoever has news for the instance needs a new lane. */
  get isOver(): boolean {
    return this.over;
  }

  wake(): void {
    this.waker.wake();
  }

  /** Ends the running step, unless it is one whose outcome others may have seen already, and looks again. */
  interrupt(): void {
    for (const running of this.interrupts) running.abort();
    this.wake();
  }

  /** Lets the running step pause until news come or the time is over. */
  rest(durationMs: number, signal: AbortSignal): Promise<void> {
    return this.waker.sleep(durationMs, signal);
  }

  notePosition(report: PositionReport): void {
    const { settings, clock } = this.parts.context;
    const { profile, hysteresis } = settings;
    this.coverage = rememberPosition(profile, hysteresis, this.coverage, report, clock.nowMs());
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
    const { view, plan: planned } = await this.look();
    if (planned.kind === 'step') {
      await this.perform(planned.step, view, signal);
      return 0;
    }
    if (!isFinished(view)) return this.pauseMs(planned.untilMs);
    this.over = true;
    this.parts.activities.forget(this.instanceId);
    return 'finished';
  }

  private async look(): Promise<{ readonly view: LaneView; readonly plan: Plan }> {
    const { observer, activities } = this.parts;
    const seen = await observer.observe(this.instanceId, this.memory(), this.inFlight.size > 0);
    this.healthy = stillRunning(this.healthy, seen);
    // What was seen of the device in an earlier stay here must not send the instance away again.
    if (this.view !== null && this.view.instance?.epoch !== seen.instance?.epoch) this.coverage = undefined;
    this.troubles.look(seen);
    if ((seen.service?.idleSeconds ?? 0) > 0) activities.keep(this.instanceId);
    this.view = this.currentView(seen);
    const decided = this.decide(plan(this.view));
    this.announce();
    return { view: this.view, plan: decided };
  }

  private pauseMs(untilMs: number | null): number {
    const { clock, settings } = this.parts.context;
    const leftMs = (untilMs ?? Infinity) - clock.nowMs();
    // A time that has passed already would make the lane look without a pause.
    return leftMs > 0 ? Math.min(leftMs, settings.resyncMs) : settings.resyncMs;
  }

  private decide(next: Plan): Plan {
    if (this.lastPlan === null || wordOf(next) !== wordOf(this.lastPlan)) {
      this.planSinceMs = this.parts.context.clock.nowMs();
    }
    this.lastPlan = next;
    return next;
  }

  private async perform(step: Step, view: LaneView, signal: AbortSignal): Promise<void> {
    const { execute, context } = this.parts;
    const ids = { instanceId: this.instanceId, migrationId: step.migrationId, name: step.name };
    await this.record(step, 'step-begun', step);
    if (!UNRECORDED.has(step.name)) context.log.debug(ids, 'step begins');
    this.announce();
    let result: unknown;
    try {
      result = await this.interruptibly(step, signal, (either) => execute(step, view, this, either));
    } catch (error) {
      // A journal without room is no failure of the step: nothing is given up for it, and it is done again later.
      if (signal.aborted || hasCode(error, 'BLOSM_E_JOURNAL')) throw error;
      const { code, message } = this.troubles.failed(step.name, error, context.clock.nowMs());
      context.log.warn({ ...ids, code, error: message }, 'step failed');
      await this.record(step, 'step-failed', { code, message });
      return;
    }
    this.troubles.done(step, context.clock.nowMs());
    await this.record(step, 'step-done', result ?? null);
    if (!UNRECORDED.has(step.name)) context.log.info({ ...ids, ...transactionOf(result) }, 'step done');
  }

  private async interruptibly<T>(
    { name }: Step,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    if (!INTERRUPTIBLE.has(name)) return work(signal);
    const interrupt = new AbortController();
    this.interrupts.add(interrupt);
    try {
      return await underSignals([signal, interrupt.signal], work);
    } finally {
      this.interrupts.delete(interrupt);
    }
  }

  /** @throws BlosmError BLOSM_E_JOURNAL, unless the step is worth more than its record */
  private async record(step: Step, kind: 'step-begun' | 'step-done' | 'step-failed', detail: unknown): Promise<void> {
    const { journal, context } = this.parts;
    const { name, migrationId } = step;
    if (UNRECORDED.has(name)) return;
    const entry = { instanceId: this.instanceId, migrationId, name, kind, detail };
    try {
      await journal.append(entry);
    } catch (error) {
      if (!RESCUES.has(name) || !hasCode(error, 'BLOSM_E_JOURNAL')) throw error;
      context.log.warn({ instanceId: this.instanceId, migrationId, name, error: String(error) }, 'not journalled');
    }
  }

  markHealthy(containerId: string, isHealthy: boolean): void {
    const next = new Set(this.healthy);
    if (isHealthy) next.add(containerId);
    else next.delete(containerId);
    this.healthy = next;
    this.announce();
  }

  /** A request broke off: whether the container still answers is asked before anybody is sent there again. */
  suspect(): void {
    this.healthy = new Set();
    this.wake();
    this.announce();
  }

  /** All containers that are here now: the address of one that has ended may be another one's by now. */
  compare(listed: readonly ContainerObservation[]): void {
    if (this.view === null || this.mode?.kind !== 'serve') return;
    if (!isWhereItWas(this.view, listed)) this.suspect();
  }

  /** Shuts the door to new requests unless there was one since; false: there was, and the door stays open. */
  shutWhenIdle(sinceMs: number | null): boolean {
    if (sinceMs === null || this.activity.idleSinceMs !== sinceMs) return false;
    this.isShut = true;
    this.announce();
    return true;
  }

  openDoor(): void {
    this.isShut = false;
    this.announce();
  }

  private memory(): LaneMemory {
    return {
      position: this.coverage?.position ?? null,
      healthy: this.healthy,
      trouble: this.troubles.present,
      fresh: this.parts.isFresh(),
      idleSinceMs: this.activity.idleSinceMs,
      shut: this.isShut,
    };
  }

  /** The look with what has changed since in the lane itself. */
  private currentView(view: LaneView): LaneView {
    return { ...view, ...this.memory(), facts: this.parts.journal.factsOf(this.instanceId) };
  }

  private blind(error: unknown): number {
    if (!hasCode(error, 'BLOSM_E_CANCELLED')) {
      const { log } = this.parts.context;
      this.troubles.blind(error);
      log.warn({ instanceId: this.instanceId, error: String(error) }, 'cannot go on; trying again');
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
/** What it does or waits for, however its deadline moves. */
const wordOf = (decided: Plan): string => (decided.kind === 'step' ? decided.step.name : decided.reason);

import { BlosmError } from '../../chaincode/src/model';
import type { ContainerObservation } from '../domain/container';
import type { LaneView, Trouble } from '../domain/lane-view';
import type { Step, StepName } from '../domain/steps';

/** Starting and warming are one attempt: only the container's health ends a trouble with either. */
const STARTING: ReadonlySet<StepName> = new Set(['start', 'warm']);

/** One that answered its health check and ended sooner after that than this has not recovered, in milliseconds. */
const LASTING_MS = 10_000;

/** A container that answers its health check, and how often in a row one has ended soon after it did. */
interface Recovery {
  readonly containerId: string;
  readonly atMs: number;
  readonly deaths: number;
}

/** What a lane remembers of steps that failed. */
export class Troubles {
  private last: Trouble | null = null;
  private recovery: Recovery | null = null;
  private blindness: string | null = null;
  /** The container that the last step has started. */
  private startedId: string | null = null;

  get present(): Trouble | null {
    return this.last;
  }

  /** Why the lane cannot look: a code; null: it can. */
  get whyBlind(): string | null {
    return this.blindness;
  }

  blind(error: unknown): void {
    this.blindness = error instanceof BlosmError ? error.code : 'BLOSM_E_INTERNAL';
  }

  done(step: Step, nowMs: number): void {
    if (step.name === 'start') this.startedId = step.containerId;
    // What is stopped does not end by itself.
    if (step.name === 'stop') this.recovery = null;
    if (step.name === 'warm') {
      this.recovery = { containerId: step.containerId, atMs: nowMs, deaths: this.recovery?.deaths ?? 0 };
    }
    const isGoingOn = step.name === 'start' && this.last !== null && STARTING.has(this.last.step);
    if (!isGoingOn) this.last = null;
  }

  failed(step: StepName, error: unknown, nowMs: number): Trouble {
    const known = error instanceof BlosmError ? error : undefined;
    this.last = {
      step,
      code: known?.code ?? 'BLOSM_E_INTERNAL',
      message: error instanceof Error ? error.message : String(error),
      retryable: known?.retryable ?? false,
      attempts: this.attemptsOf(step) + 1,
      lastAtMs: nowMs,
    };
    return this.last;
  }

  /** A container that ends as soon as it was started did start, but it is no success. */
  look(view: LaneView): void {
    this.blindness = null;
    this.lookAtRecovery(view);
    const container = view.containers.find((c) => c.containerId === this.startedId);
    this.startedId = null;
    if (container === undefined || !hasEnded(container)) return;
    const message = `it ended as soon as it was started, exit code ${container.exitCode}`;
    this.failed('start', new BlosmError('BLOSM_E_CONTAINER_UNHEALTHY', message, { stage: 'start' }), view.nowMs);
  }

  /**
   * One that ends again and again soon after it was healthy is started later each time: its end is seen at once, and a
   * service that cannot last must not keep the engine and the disk busy. The first time it is started at once.
   */
  private lookAtRecovery({ containers, nowMs }: LaneView): void {
    const { recovery } = this;
    const container = containers.find((c) => c.containerId === recovery?.containerId);
    if (recovery === null || container === undefined) return;
    if (Math.abs(nowMs - recovery.atMs) >= LASTING_MS) this.recovery = null;
    else if (hasEnded(container)) {
      this.recovery = { ...recovery, containerId: '', deaths: recovery.deaths + 1 };
      if (recovery.deaths === 0) return;
      const message = `it ended soon after it was healthy, exit code ${container.exitCode}`;
      const code = 'BLOSM_E_CONTAINER_UNHEALTHY';
      this.last = { step: 'start', code, message, retryable: true, attempts: recovery.deaths, lastAtMs: nowMs };
    }
  }

  private attemptsOf(step: StepName): number {
    if (this.last === null) return 0;
    const isSame = this.last.step === step || (STARTING.has(step) && STARTING.has(this.last.step));
    return isSame ? this.last.attempts : 0;
  }
}

const hasEnded = ({ state }: ContainerObservation): boolean => state === 'exited' || state === 'dead';

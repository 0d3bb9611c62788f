import { BlosmError } from '../../chaincode/src/model';
import type { LaneView, Trouble } from '../domain/lane-view';
import type { Step, StepName } from '../domain/steps';

/** Starting and warming are one attempt: only the container's health ends a trouble with either. */
const STARTING: ReadonlySet<StepName> = new Set(['start', 'warm']);

/** What a lane remembers of steps that failed. */
export class Troubles {
  private last: Trouble | null = null;
  /** The container that the last step has started. */
  private startedId: string | null = null;

  get present(): Trouble | null {
    return this.last;
  }

  done(step: Step): void {
    if (step.name === 'start') this.startedId = step.containerId;
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
    const container = view.containers.find((c) => c.containerId === this.startedId);
    this.startedId = null;
    if (container?.state !== 'exited' && container?.state !== 'dead') return;
    const message = `it ended as soon as it was started, exit code ${container.exitCode}`;
    this.failed('start', new BlosmError('BLOSM_E_CONTAINER_UNHEALTHY', message, { stage: 'start' }), view.nowMs);
  }

  private attemptsOf(step: StepName): number {
    if (this.last === null) return 0;
    const isSame = this.last.step === step || (STARTING.has(step) && STARTING.has(this.last.step));
    return isSame ? this.last.attempts : 0;
  }
}

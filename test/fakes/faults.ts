import type { CallOptions } from '../../agent/ports/call';
import type { Clock } from '../../agent/ports/clock';
import { BlosmError } from '../../chaincode/src/model';

/** How an operation is to go wrong. */
export interface Fault<Operation extends string> {
  readonly operation: Operation;
  /** How often; once when left out. */
  readonly times?: number;
  /** Only calls with these arguments. */
  readonly matching?: (...args: readonly unknown[]) => boolean;
  /** Simulated milliseconds before anything happens. */
  readonly takesMs?: number;
  /** Never answers: only the deadline or the caller's signal ends the call. */
  readonly hangs?: boolean;
  readonly fails?: Error;
  /** The failure or the hanging comes after the operation has had its effect: the answer is lost, not the deed. */
  readonly afterEffect?: boolean;
}

export interface Call<Operation extends string> {
  readonly operation: Operation;
  readonly args: readonly unknown[];
  readonly atMs: number;
}

const DEFAULT_TIMEOUT_MS = 60_000;

/** Runs operations through the faults that a test has set, in simulated time. */
export class Faults<Operation extends string> {
  readonly calls: Call<Operation>[] = [];
  private faults: { readonly fault: Fault<Operation>; left: number }[] = [];

  constructor(private readonly clock: Clock) {}

  /** Sets a fault; the function returned takes it away. */
  add(fault: Fault<Operation>): () => void {
    const entry = { fault, left: fault.times ?? 1 };
    this.faults.push(entry);
    return () => {
      this.faults = this.faults.filter((other) => other !== entry);
    };
  }

  clear(): void {
    this.faults = [];
  }

  /** How often the operation was called. */
  count(operation: Operation): number {
    return this.calls.filter((call) => call.operation === operation).length;
  }

  async run<T>(
    operation: Operation,
    args: readonly unknown[],
    options: CallOptions | undefined,
    effect: () => T,
  ): Promise<T> {
    if (options?.signal?.aborted === true) throw new BlosmError('BLOSM_E_CANCELLED', `cancelled: ${operation}`);
    this.calls.push({ operation, args, atMs: this.clock.nowMs() });
    const fault = this.take(operation, args);
    if (fault?.takesMs !== undefined) await this.pass(operation, fault.takesMs, options);
    if (fault?.afterEffect === true) {
      const lost = effect();
      await this.trouble(operation, fault, options);
      return lost;
    }
    if (fault !== undefined) await this.trouble(operation, fault, options);
    // Every call of a real one takes at least a turn.
    await Promise.resolve();
    return effect();
  }

  private take(operation: Operation, args: readonly unknown[]): Fault<Operation> | undefined {
    const entry = this.faults.find(
      ({ fault, left }) => fault.operation === operation && left > 0 && (fault.matching?.(...args) ?? true),
    );
    if (entry !== undefined) entry.left -= 1;
    return entry?.fault;
  }

  private async trouble(operation: Operation, fault: Fault<Operation>, options?: CallOptions): Promise<void> {
    if (fault.hangs === true) await this.pass(operation, Number.POSITIVE_INFINITY, options);
    if (fault.fails !== undefined) throw fault.fails;
  }

  /** Lets simulated time pass, but no longer than the call may take. */
  private async pass(operation: Operation, durationMs: number, options?: CallOptions): Promise<void> {
    const timeoutMs = options?.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    await this.clock.sleep(Math.min(durationMs, timeoutMs), options?.signal);
    if (durationMs > timeoutMs) throw new BlosmError('BLOSM_E_TIMEOUT', `${operation} took over ${timeoutMs} ms`);
  }
}

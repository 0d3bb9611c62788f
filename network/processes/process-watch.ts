import type { BlosmError } from '../../chaincode/src/model';
import { processFailure, type ProcessSpec } from './native-process';
import { isRunning, type ProcessRecord } from './process-record';

const LOOK_EVERY_MS = 200;

/** Notices that a process has ended while others wait for something that it will no longer do. */
export class ProcessWatch {
  readonly #watched: { readonly spec: ProcessSpec; readonly record: ProcessRecord }[] = [];
  readonly #controller = new AbortController();
  readonly #timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
  #failure: BlosmError | undefined;

  /** Aborts when one of the processes has ended. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The first process that ended, with the tail of its log; looks once more. */
  get failure(): BlosmError | undefined {
    this.#look();
    return this.#failure;
  }

  add(spec: ProcessSpec, record: ProcessRecord): void {
    this.#watched.push({ spec, record });
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    if (this.#failure !== undefined) return;
    const ended = this.#watched.find(({ record }) => !isRunning(record));
    if (ended === undefined) return;
    this.#failure = processFailure(ended.spec, ended.record.command, 'ended');
    this.#controller.abort(this.#failure);
  }
}

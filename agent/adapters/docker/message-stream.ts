import type { Readable } from 'node:stream';
import { BlosmError } from '../../../chaincode/src/model';
import { engineFailure, inBandFailure, isPremature, truncated } from './failure';
import { linesOf } from './lines';

/** One line of a push, pull or load answer. */
export interface StreamMessage {
  readonly status?: string;
  readonly stream?: string;
  readonly id?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
  readonly error?: string;
  readonly errorDetail?: { readonly message?: string };
  readonly aux?: { readonly Digest?: string };
}

export interface StreamReading {
  readonly what: string;
  readonly stage: string;
  /** Milliseconds without progress after which the answer is given up. */
  readonly idleMs: number;
  readonly signal: AbortSignal;
}

/**
 * Reads an answer to its end. The engine answers 200 before it begins, so failures come as a line of the answer, and
 * an engine that dies just closes it: neither may pass for success.
 * @throws BlosmError the engine's failure; BLOSM_E_TIMEOUT when nothing moves; BLOSM_E_ENGINE_UNREACHABLE when it stops
 */
export async function readMessages(
  stream: Readable,
  reading: StreamReading,
  onMessage: (message: StreamMessage) => void,
): Promise<void> {
  const { what, stage } = reading;
  const watch = watchIdle(stream, reading);
  const onAbort = (): void => void stream.destroy(reading.signal.reason as Error);
  reading.signal.addEventListener('abort', onAbort, { once: true });
  if (reading.signal.aborted) onAbort();
  const take = (line: string): void => {
    if (line.trim() === '') return;
    const message = parse(line, what, stage);
    const fault = message.errorDetail?.message ?? message.error;
    if (fault !== undefined) throw inBandFailure(fault, what, stage);
    watch.note(message);
    onMessage(message);
  };
  try {
    for await (const { text } of linesOf(stream)) take(text);
  } catch (cause) {
    if (cause instanceof BlosmError) throw cause;
    throw isPremature(cause) ? truncated(what, stage, cause) : engineFailure(cause, what, stage);
  } finally {
    watch.end();
    reading.signal.removeEventListener('abort', onAbort);
    stream.destroy();
  }
}

function parse(line: string, what: string, stage: string): StreamMessage {
  try {
    return JSON.parse(line) as StreamMessage;
  } catch (cause) {
    throw truncated(what, stage, cause);
  }
}

const RETRYING = /^Retrying in /;

/** Ends a stream in which nothing moves. That the engine announces another attempt is no progress. */
function watchIdle(stream: Readable, reading: StreamReading): { note(message: StreamMessage): void; end(): void } {
  let retrying = false;
  const giveUp = (): void => {
    const how = retrying ? 'the registry does not answer, the engine keeps retrying' : 'no progress';
    const text = `${reading.what}: ${how} for ${reading.idleMs} ms`;
    stream.destroy(new BlosmError(retrying ? 'BLOSM_E_REGISTRY' : 'BLOSM_E_TIMEOUT', text, { stage: reading.stage }));
  };
  let timer = setTimeout(giveUp, reading.idleMs);
  return {
    note: (message) => {
      retrying = RETRYING.test(message.status ?? '');
      if (retrying) return;
      clearTimeout(timer);
      timer = setTimeout(giveUp, reading.idleMs);
    },
    end: () => clearTimeout(timer),
  };
}

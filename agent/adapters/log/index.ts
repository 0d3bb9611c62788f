import { pino, type DestinationStream } from 'pino';
import { BlosmError } from '../../../chaincode/src/model';
import type { Log } from '../../ports/log';

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** Fields of every line, e.g. the node's id. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Standard error when left out: standard output is for results. */
  readonly destination?: DestinationStream;
}

const SECRET_NAMES = ['token', 'secret', 'password', 'privateKey', 'authorization', 'cookie', 'env'];

/** One JSON object a line: `level`, `time` (ISO 8601), the fields, `msg`. Errors under `error` keep code and stage. */
export function createLog(options: LogOptions): Log {
  const paths = SECRET_NAMES.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
  return pino(
    {
      level: options.level,
      base: options.fields ?? {},
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths, censor: '[secret]' },
      serializers: { error: describeError },
    },
    options.destination ?? pino.destination({ fd: 2, sync: true }),
  );
}

/** What is worth keeping of an error: the stack only of defects, for expected errors say it all in their message. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (error instanceof BlosmError && error.code !== 'BLOSM_E_INTERNAL') {
    const cause = error.cause instanceof Error ? error.cause.message : undefined;
    return { code: error.code, stage: error.stage, message: error.message, cause };
  }
  return { name: error.name, message: error.message, stack: error.stack };
}

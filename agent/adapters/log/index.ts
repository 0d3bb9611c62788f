import { pino, type DestinationStream } from 'pino';
import { BlosmError } from '../../../chaincode/src/model';
import type { Log } from '../../ports/log';

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** Fields of every line, e.g. the node's id. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Standard error when left out: standard output is for results. */
  readonly destination?: DestinationStream;
  /** Told of each line too, as it is written: secrets are out already. */
  readonly tee?: (line: LoggedLine) => void;
}

/** A line as a program reads it. */
export interface LoggedLine {
  readonly atMs: number;
  readonly level: LogOptions['level'];
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
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
    teed(options.destination ?? pino.destination({ fd: 2, sync: true }), options.tee),
  );
}

function teed(destination: DestinationStream, tee: LogOptions['tee']): DestinationStream {
  if (tee === undefined) return destination;
  return {
    write: (text) => {
      destination.write(text);
      const { level, time, msg, ...fields } = JSON.parse(text) as Written;
      tee({ level, atMs: Date.parse(time), message: msg, fields });
    },
  };
}

interface Written {
  readonly level: LogOptions['level'];
  readonly time: string;
  readonly msg: string;
  readonly [field: string]: unknown;
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

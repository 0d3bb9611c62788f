import { format } from 'node:util';
import type { Log } from '../../ports/log';

type Level = 'debug' | 'info' | 'warn' | 'error';
type LogMethod = (...args: unknown[]) => void;

/** Where the SDK's lines go; the SDK has one logger for the whole program, so the last connection's log gets them. */
let destination: Log | null = null;

// The SDK repeats at level error what it also throws, for every attempt: for us all of it is detail.
function pass(level: Level): LogMethod {
  return (...args) => {
    if (level !== 'debug') destination?.debug({ source: 'fabric-sdk', level }, format(...args));
  };
}

/**
 * Gives the SDK our logger instead of winston on standard output. Its modules copy the logger while they load, so this
 * file has to be evaluated before any of them; {@link file://./sdk.ts} sees to that.
 */
Object.assign(globalThis, {
  hfc: { logger: { debug: pass('debug'), info: pass('info'), warn: pass('warn'), error: pass('error') } },
});

export function sendSdkLogTo(log: Log): void {
  destination = log;
}

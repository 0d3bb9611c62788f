import type { IncomingMessage } from 'node:http';
import { announcedBytes } from './device-request';
import type { ExchangeContext } from './exchange';
import { HeldRequests } from './held-requests';
import type { ServiceLimits } from './limits';
import type { Refusal } from './problem-answer';
import { tooLong, tooManyLines } from './refusals';
import { Slots } from './slots';

/**
 * What a service's requests are served in: the gateway's own context, but for the limits that the service has of its
 * own. Whatever is bounded for all services together stays so.
 */
export function contextOf(
  base: ExchangeContext,
  { maxBodyBytes, maxHeaderBytes, maxHeldRequests, maxRequests, idleTimeoutMs, durationMs }: ServiceLimits,
): ExchangeContext {
  const { limits, held } = base;
  return {
    ...base,
    limits: {
      ...limits,
      maxBodyBytes: maxBodyBytes ?? limits.maxBodyBytes,
      idleTimeoutMs: idleTimeoutMs ?? limits.idleTimeoutMs,
    },
    held: maxHeldRequests === undefined ? held : new HeldRequests(held, maxHeldRequests),
    slots: new Slots(maxRequests ?? Infinity),
    requestHeaderBytes: maxHeaderBytes ?? Infinity,
    durationMs: durationMs ?? Infinity,
  };
}

/** What the header lines say that goes beyond the limits; undefined: nothing. */
export function beyondLimits(
  request: IncomingMessage,
  { limits, requestHeaderBytes }: ExchangeContext,
): Refusal | undefined {
  // Without a limit of the service's own the parser has seen to it.
  if (requestHeaderBytes < headerBytes(request)) return tooManyLines(requestHeaderBytes);
  return announcedBytes(request) > limits.maxBodyBytes ? tooLong(limits.maxBodyBytes) : undefined;
}

/** Of all header lines as they came: a colon and a space, or the end of the line, behind each text. */
const headerBytes = ({ rawHeaders }: IncomingMessage): number =>
  rawHeaders.reduce((sum, text) => sum + text.length + 2, 0);

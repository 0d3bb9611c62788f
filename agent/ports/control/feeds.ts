import { z } from 'zod';
import { Id, TimestampMs } from '../../../chaincode/src/model';

const Position = z.string().regex(/^\d{1,16}-\d{1,16}$/, 'a position, as an earlier answer has told it');
/** What lies between is lost, and why. */
const Gap = z.object({ gap: z.string(), position: Position });
/** Nothing new; the agent's clock. */
const Heartbeat = z.object({ heartbeat: TimestampMs, position: Position });

/** From where and of what; query parameters are texts. */
const feedRequest = {
  /** The position up to which the reader has read; without it: the newest `limit` lines. */
  after: Position.optional(),
  limit: z.coerce.number().int().min(0).max(10_000).default(100),
  /** Go on with what comes until the reader goes away. */
  follow: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true'),
  service: Id.optional(),
  instance: Id.optional(),
  migration: Id.optional(),
};

export const LogLevel = z.enum(['debug', 'info', 'warn', 'error']);
export type LogLevel = z.infer<typeof LogLevel>;

/** One line of the agent's log, as it is on standard error: secrets are out already. */
export const LogLineView = z.object({
  atMs: TimestampMs,
  level: LogLevel,
  message: z.string(),
  fields: z.record(z.string(), z.unknown()),
});
export type LogLineView = z.infer<typeof LogLineView>;

export const LogFeedLine = z.union([z.object({ line: LogLineView, position: Position }), Gap, Heartbeat]);
export type LogFeedLine = z.infer<typeof LogFeedLine>;

export const LogRequest = z.strictObject({ ...feedRequest, level: LogLevel.default('debug') });
export type LogRequest = z.infer<typeof LogRequest>;

/** Something that happened: on the ledger, or a step of this agent. Empty texts: it has none. */
export const EventView = z.object({
  atMs: TimestampMs,
  source: z.enum(['ledger', 'agent']),
  /** The event's name on the ledger, or e.g. `push done`. */
  name: z.string(),
  nodeId: z.string(),
  nodeName: z.string(),
  serviceId: z.string(),
  instanceId: z.string(),
  migrationId: z.string(),
  transactionId: z.string(),
  /** Null for what is not on the ledger. */
  blockNumber: z.int().min(0).nullable(),
  /** E.g. why a step failed. */
  detail: z.string(),
});
export type EventView = z.infer<typeof EventView>;

export const EventFeedLine = z.union([z.object({ line: EventView, position: Position }), Gap, Heartbeat]);
export type EventFeedLine = z.infer<typeof EventFeedLine>;

export const EventRequest = z.strictObject(feedRequest);
export type EventRequest = z.infer<typeof EventRequest>;

/** What the agent has said and seen lately: so many lines of each are kept in memory. */
export interface FeedControl {
  logs(request: LogRequest, signal: AbortSignal): AsyncIterable<LogFeedLine>;
  events(request: EventRequest, signal: AbortSignal): AsyncIterable<EventFeedLine>;
}

/** What a device may take of the gateway. Times in milliseconds, sizes in bytes. */
export interface GatewayLimits {
  /** Of all devices together, and from one address; who comes beyond it is disconnected at once. */
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  /** All header lines of a request together; beyond it 431. */
  readonly maxHeaderBytes: number;
  /** The body of a request; beyond it 413. Infinity: none, bodies are passed on piece by piece. */
  readonly maxBodyBytes: number;
  /** Requests that wait until their instance can serve them; beyond it 503. */
  readonly maxHeldRequests: number;
  /** How long the Router lets a request of any service wait at a time: for its turn, for its instance to be made, for that to run. */
  readonly holdMs: number;
  /** From the connection or the request before to the last header line. */
  readonly headersTimeoutMs: number;
  /** How long a connection of a device is kept between requests. */
  readonly keepAliveTimeoutMs: number;
  /** No byte in either direction for so long ends a request: there is no limit on its whole duration or size. */
  readonly idleTimeoutMs: number;
  /** Connecting to a container of this cluster. */
  readonly connectTimeoutMs: number;
  /** How much of a body is kept so that it can be sent again, for one request and for all. */
  readonly replayBytes: number;
  readonly replayTotalBytes: number;
  /** How long `close` lets requests end by themselves. */
  readonly closeGraceMs: number;
}

/**
 * What devices may take of one service, where that is not what the gateway lets them. Undefined: as for all services.
 * Times in milliseconds, sizes in bytes.
 */
export interface ServiceLimits {
  /** At most the gateway's own, beyond which no request is read. */
  readonly maxHeaderBytes?: number | undefined;
  /** Infinity: none. */
  readonly maxBodyBytes?: number | undefined;
  /** Requests under way at once, joined connections of another protocol included; beyond it 503. */
  readonly maxRequests?: number | undefined;
  /** Of those of the gateway. */
  readonly maxHeldRequests?: number | undefined;
  readonly idleTimeoutMs?: number | undefined;
  /** From the last header line to the end of the answer; a connection of another protocol is not counted. */
  readonly durationMs?: number | undefined;
}

export const DEFAULT_LIMITS: GatewayLimits = {
  maxConnections: 10_000,
  maxConnectionsPerAddress: 1000,
  maxHeaderBytes: 32 * 1024,
  maxBodyBytes: Infinity,
  maxHeldRequests: 1000,
  holdMs: 60_000,
  headersTimeoutMs: 10_000,
  keepAliveTimeoutMs: 65_000,
  idleTimeoutMs: 120_000,
  connectTimeoutMs: 2000,
  replayBytes: 1024 * 1024,
  replayTotalBytes: 32 * 1024 * 1024,
  closeGraceMs: 5000,
};

/** A request is decided on twice at most, and each decision may wait three times. */
const HOLDS = 6;

/** The last resort against a silent device, in milliseconds: every state of a request has a shorter limit of its own. */
export const lastResortMs = ({ idleTimeoutMs, holdMs }: GatewayLimits): number =>
  3 * idleTimeoutMs + HOLDS * holdMs + 60_000;

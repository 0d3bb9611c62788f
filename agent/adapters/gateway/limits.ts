/** What a device may take of the gateway. Times in milliseconds, sizes in bytes. */
export interface GatewayLimits {
  readonly maxConnections: number;
  /** All header lines of a request together; beyond it 431. */
  readonly maxHeaderBytes: number;
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

export const DEFAULT_LIMITS: GatewayLimits = {
  maxConnections: 10_000,
  maxHeaderBytes: 32 * 1024,
  headersTimeoutMs: 10_000,
  keepAliveTimeoutMs: 65_000,
  idleTimeoutMs: 120_000,
  connectTimeoutMs: 2000,
  replayBytes: 1024 * 1024,
  replayTotalBytes: 32 * 1024 * 1024,
  closeGraceMs: 5000,
};

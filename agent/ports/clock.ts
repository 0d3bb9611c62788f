/** Time and randomness come in through here, so that tests decide both. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  nowMs(): number;
  /**
   * Resolves after so many milliseconds.
   * @throws BlosmError BLOSM_E_CANCELLED when the signal fires first.
   */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}

/** Makes ids and secrets. */
export interface Random {
  /** A new id: the prefix, a hyphen and a sortable unique rest; lower case, at most 63 characters. */
  id(prefix: string): string;
  /** A secret of 256 bits as base64url. */
  secret(): string;
  /** A number from 0 (included) to 1 (excluded), for jitter. */
  fraction(): number;
}

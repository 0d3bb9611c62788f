/** Every call to the outside can be cancelled and has a deadline. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  /** How long the call may take in milliseconds; each adapter states its default. */
  readonly timeoutMs?: number;
}

import type { Ledger } from '../ports/ledger';

/** How long the own peer may take to catch up with the orderer, in milliseconds. */
const TIMEOUT_MS = 5000;

/**
 * Looks at the newest block on behalf of requests whose token is not known here. However many ask, one look is under
 * way and one is waiting for it. What an invented token costs besides is two reads of its instance; how many may ask
 * at once is bounded by the gateway.
 */
export class FreshLooks {
  private running: Promise<unknown> = Promise.resolve();
  private next: Promise<unknown> | undefined;

  constructor(private readonly ledger: Ledger) {}

  /** Resolves after a look that began after the call. @throws BlosmError of the ledger */
  async look(): Promise<void> {
    this.next ??= this.running
      .catch(() => undefined)
      .then(() => {
        this.next = undefined;
        this.running = this.ledger.freshView({ timeoutMs: TIMEOUT_MS });
        return this.running;
      });
    await this.next;
  }
}

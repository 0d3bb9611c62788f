import { setMaxListeners } from 'node:events';

/** Counts the requests that are being answered, so that a drain can wait for the last one. */
export class InFlight {
  private count = 0;
  private readonly waiting = new Set<() => void>();
  private departure = newDeparture();

  get size(): number {
    return this.count;
  }

  /** Fires when those that are in flight now are asked to come to their end. */
  get leaving(): AbortSignal {
    return this.departure.signal;
  }

  /** Asks those in flight to come to their end, as far as they would not by themselves. */
  askToLeave(): void {
    const { departure } = this;
    this.departure = newDeparture();
    departure.abort();
  }

  /** Gives the function that ends the request; calling it again does nothing. */
  enter(): () => void {
    this.count += 1;
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      this.count -= 1;
      if (this.count === 0) this.announce();
    };
  }

  /** Resolves when nothing is in flight or the signal fires. */
  async empty(signal: AbortSignal): Promise<void> {
    if (this.count === 0 || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.waiting.add(done);
      signal.addEventListener('abort', done);
    });
  }

  private announce(): void {
    for (const done of [...this.waiting]) done();
  }
}

/** Listened to by as many as are in flight. */
function newDeparture(): AbortController {
  const departure = new AbortController();
  setMaxListeners(0, departure.signal);
  return departure;
}

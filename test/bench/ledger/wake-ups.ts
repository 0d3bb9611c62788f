/** Runs a look at the state of things whenever somebody says that it may have changed; one at a time, none is lost. */
export class WakeUps {
  #isDue = false;
  #wake: () => void = () => undefined;

  /** There may be news. */
  wake(): void {
    this.#isDue = true;
    this.#wake();
  }

  /** Looks now and after each wake-up, until the look gives a value or the signal fires. */
  async until<T>(look: () => Promise<T | undefined>, signal: AbortSignal): Promise<T> {
    const stop = (): void => this.#wake();
    signal.addEventListener('abort', stop);
    try {
      for (;;) {
        this.#isDue = false;
        const found = await look();
        if (found !== undefined) return found;
        await this.#next(signal);
      }
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** Resolves at once when a wake-up came during the look. @throws the signal's reason */
  async #next(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (this.#isDue || signal.aborted) resolve();
    });
    signal.throwIfAborted();
  }
}

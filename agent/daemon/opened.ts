type Close = () => Promise<void> | void;

/** What was opened and has to be closed, the last first: no request may meet a part that is gone already. */
export class Opened {
  private readonly closing: Close[] = [];

  readonly onClose = (close: Close): void => void this.closing.push(close);

  /**
   * Runs work that opens parts, then closes them all, whatever became of the work and of the others.
   * @throws what the work threw, else the first that a part threw when it was closed
   */
  async during(work: () => Promise<void>): Promise<void> {
    const failures: unknown[] = [];
    const note = (failure: unknown): void => void failures.push(failure);
    await work().catch(note);
    for (const close of this.closing.splice(0).reverse()) {
      await Promise.resolve().then(close).catch(note);
    }
    if (failures.length > 0) throw failures[0];
  }
}

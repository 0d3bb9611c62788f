/**
 * Lets the requests of one connection run one after another. Node starts pipelined requests all at once; only safe
 * ones may be acted on side by side (RFC 9112, 9.3.2), and a device that pipelines counts on the order.
 */
export class Turns {
  private readonly last = new WeakMap<object, Promise<void>>();

  /** Runs the work when everything before it on the same connection has ended. The work never rejects. */
  run(connection: object, work: () => Promise<void>): Promise<void> {
    const before = this.last.get(connection);
    const now = before === undefined ? work() : before.then(work);
    this.last.set(connection, now);
    void now.then(() => {
      if (this.last.get(connection) === now) this.last.delete(connection);
    });
    return now;
  }
}

/** One run of an agent: from its start until it stops or is killed. */
export class Life {
  private isOver = false;
  private readonly listeners: (() => void)[] = [];

  get over(): boolean {
    return this.isOver;
  }

  /** kill -9: from now on nothing that this run still does has any effect, and nothing answers it. */
  end(): void {
    if (this.isOver) return;
    this.isOver = true;
    for (const listener of this.listeners) listener();
  }

  onEnd(listener: () => void): void {
    this.listeners.push(listener);
  }
}

const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

/** The port as a run sees it: calls of a run that is over never come to anything, late answers are never heard. */
export function mortal<T extends object>(port: T, life: Life): T {
  return new Proxy(port, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => {
        const call = (): unknown => Reflect.apply(member, target, args);
        if (life.over) return name === 'nowMs' ? call() : never();
        const answer = call();
        if (!(answer instanceof Promise)) return answer;
        return answer.then(
          (value: unknown) => (life.over ? never() : value),
          (error: unknown) => (life.over ? never() : Promise.reject(error as Error)),
        );
      };
    },
  });
}

/** A stream as a run sees it. */
export async function* mortalStream<T>(stream: AsyncIterable<T>, life: Life): AsyncGenerator<T> {
  for await (const item of stream) {
    if (life.over) await never();
    yield item;
  }
}

/** Bounds how many requests are under way at once. */
export class Slots {
  private taken = 0;

  /** @param max Infinity: any number */
  constructor(private readonly max: number) {}

  /** Takes one, and gives what gives it back, to be called once; undefined: all are taken. */
  enter(): (() => void) | undefined {
    if (this.taken >= this.max) return undefined;
    this.taken += 1;
    return () => {
      this.taken -= 1;
    };
  }
}

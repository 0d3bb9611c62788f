import type { Random } from '../../agent/ports/clock';

/** Counts instead of guessing: ids and secrets tell which one they are. */
export class FakeRandom implements Random {
  private ids = 0;
  private secrets = 0;
  private state: number;

  constructor(seed = 1) {
    this.state = seed >>> 0;
  }

  id(prefix: string): string {
    this.ids += 1;
    return `${prefix}-${String(this.ids).padStart(6, '0')}`;
  }

  /** 43 characters, as 256 bits in base64url have. */
  secret(): string {
    this.secrets += 1;
    return `secret${String(this.secrets)}`.padEnd(43, '_');
  }

  /** A linear congruential generator (Numerical Recipes' constants). */
  fraction(): number {
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) >>> 0;
    return this.state / 2 ** 32;
  }
}

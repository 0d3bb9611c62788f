/** Collects what the acts expect, so that the demo's exit code tells whether it showed what it says. */
export class Expectations {
  private readonly broken: string[] = [];

  expect(holds: boolean, what: string): void {
    process.stdout.write(`    ${holds ? 'ok ' : 'NOT'} ${what}\n`);
    if (!holds) this.broken.push(what);
  }

  get failures(): readonly string[] {
    return this.broken;
  }
}

/** One row of the result table: ours beside the paper's. */
export interface ResultRow {
  readonly what: string;
  readonly ours: string;
  readonly paper: string;
}

export const seconds = (ms: number): string => (Number.isFinite(ms) ? `${(ms / 1000).toFixed(2)} s` : '-');
export const milliseconds = (ms: number): string => (Number.isFinite(ms) ? `${ms.toFixed(1)} ms` : '-');

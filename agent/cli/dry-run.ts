import type { ExitCode } from './exit-codes';
import type { Cli } from './io';
import { print } from './output/print';

/** The option of every command that changes something. */
export interface DryRunOptions {
  readonly dryRun?: boolean;
}

/** What a command would do now, in sentences; nothing to do is no step. */
export interface Intent {
  /** E.g. `cluster cordon`. */
  readonly command: string;
  readonly steps: readonly string[];
  /** Why it would be refused, as far as that can be seen from here; empty: it would not. */
  readonly refusals?: readonly string[];
}

/** Says what would happen. @returns 0, or 5 when it would be refused */
export async function tellIntent(cli: Cli, { command, steps, refusals = [] }: Intent): Promise<ExitCode> {
  await print(cli, {
    kind: 'DryRun',
    fields: { command, refused: refusals.length > 0, refusals, steps },
    names: () => [command],
    text: () => intentText(steps, refusals),
  });
  return refusals.length > 0 ? 5 : 0;
}

function intentText(steps: readonly string[], refusals: readonly string[]): string {
  if (refusals.length > 0) return refusals.map((reason) => `would be refused: ${reason}\n`).join('');
  if (steps.length === 0) return 'nothing would change\n';
  return steps.map((step) => `would ${step}\n`).join('');
}

import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode } from '../../chaincode/src/model/errors';
import type { ExitCode } from './exit-codes';
import { note, type Cli } from './io';
import { passingTrouble } from './passing';
import { print, type Result } from './output/print';
import { screenFor } from './output/screen';

/** What `-w` and `--interval` give. */
export interface WatchOptions {
  readonly watch?: boolean;
  /** Milliseconds. */
  readonly interval: number;
}

/** The options of a list. */
export interface ListOptions extends WatchOptions {
  /** At most so many items. */
  readonly limit: number;
}

export interface Watch {
  readonly intervalMs: number;
  /**
   * Asked after every look, also after one that found nothing because no agent answered: the exit code once there is
   * nothing more to wait for. Without it the watching ends by an interrupt only.
   */
  readonly until?: () => ExitCode | undefined;
}

/** Prints what `look` finds; with --watch again whenever it has changed, until interrupted (130). */
export async function present(
  cli: Cli,
  { watch, interval }: WatchOptions,
  look: () => Promise<Result>,
): Promise<ExitCode> {
  if (watch === true) return watchResult(cli, look, { intervalMs: interval });
  await print(cli, await look());
  return 0;
}

/**
 * Looks again and again: redraws on a terminal, otherwise appends what has changed. An agent that stops to answer in
 * between is waited for, because watching its restart is what this is for; so is its peer.
 * @returns 130 when interrupted: that is how watching ends
 * @throws whatever the first `look` throws, and what a later one does unless it may pass by itself
 */
export async function watchResult(cli: Cli, look: () => Promise<Result>, watch: Watch): Promise<ExitCode> {
  const screen = screenFor(cli);
  const again = patiently(cli, look);
  try {
    for (let result: Result | null = await look(); ; result = await again()) {
      if (result !== null) await screen.show(result);
      const ended = watch.until?.();
      if (ended !== undefined) return ended;
      if (!(await paused(cli, watch.intervalMs))) return 130;
    }
  } catch (error) {
    if (hasCode(error, 'BLOSM_E_CANCELLED')) return 130;
    throw error;
  }
}

/** Null while the agent or what it asks does not answer, which is said once. */
function patiently(cli: Cli, look: () => Promise<Result>): () => Promise<Result | null> {
  let told: string | undefined;
  return async () => {
    try {
      const result = await look();
      told = undefined;
      return result;
    } catch (error) {
      const trouble = passingTrouble(error);
      if (trouble === undefined) throw error;
      if (trouble !== told) note(cli, trouble);
      told = trouble;
      return null;
    }
  };
}

/** @returns false when it was interrupted */
export async function paused({ io }: Cli, durationMs: number): Promise<boolean> {
  try {
    await sleep(durationMs, undefined, { signal: io.signal });
    return true;
  } catch {
    return false;
  }
}

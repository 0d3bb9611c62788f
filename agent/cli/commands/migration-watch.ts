import { connectAgent, DEFAULT_TIMEOUT_MS } from '../api-client';
import type { ExitCode } from '../exit-codes';
import { exitCodeOfEnd, getMigration, migrationResult, waitDeadline } from '../follow-migration';
import type { Cli } from '../io';
import type { Result } from '../output/print';
import { watchResult, type WatchOptions } from '../watch';
import type { Invocation } from './handler';

/** `blosm migration watch ID`: until it has ended, however long that takes, or until --timeout. */
export async function migrationWatch(
  cli: Cli,
  { args: [id = ''], options }: Invocation<WatchOptions>,
): Promise<ExitCode> {
  const client = await connectAgent(cli, DEFAULT_TIMEOUT_MS);
  const checkTime = waitDeadline(id, cli.options.timeout ?? Infinity);
  let ended: ExitCode | undefined;
  const look = async (): Promise<Result> => {
    const view = await getMigration(client, id);
    ended = exitCodeOfEnd(view);
    return migrationResult(view, cli.io.nowMs());
  };
  return watchResult(cli, look, {
    intervalMs: options.interval,
    until: () => {
      if (ended === undefined) checkTime();
      return ended;
    },
  });
}

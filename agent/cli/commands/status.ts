import { connectAgent } from '../api-client';
import type { ExitCode } from '../exit-codes';
import type { Cli } from '../io';
import { StatusAnswer } from '../read-status';
import { statusLine, statusText } from '../views/status';
import { present, type WatchOptions } from '../watch';
import type { Invocation } from './handler';

/** `blosm status` */
export async function status(cli: Cli, { options }: Invocation<WatchOptions>): Promise<ExitCode> {
  const client = await connectAgent(cli);
  return present(cli, options, async () => {
    const view = await client.get('/v1/status', StatusAnswer);
    return {
      kind: 'Status',
      fields: view,
      text: () => statusText(view),
      wide: () => statusText(view, true),
      brief: () => statusLine(view),
    };
  });
}

import { StatusView } from '../../ports/control';
import { connectAgent } from '../api-client';
import type { Cli } from '../io';
import { print } from '../output/print';
import { statusText } from '../views/status';

/** `blosm status` */
export async function status(cli: Cli): Promise<undefined> {
  const client = await connectAgent(cli);
  const view = await client.get('/v1/status', StatusView);
  await print(cli, { kind: 'Status', fields: view, text: () => statusText(view) });
}

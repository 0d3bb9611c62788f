import { PlacementView } from '../../ports/control';
import { connectAgent } from '../api-client';
import type { Cli } from '../io';
import { print } from '../output/print';
import { placementText } from '../views/placement';
import type { Invocation } from './handler';

/** `blosm placement explain ID` */
export async function placementExplain(
  cli: Cli,
  { args: [id = ''], options }: Invocation<{ at?: string }>,
): Promise<undefined> {
  const client = await connectAgent(cli);
  const at = options.at === undefined ? '' : `?at=${encodeURIComponent(options.at)}`;
  const view = await client.get(`/v1/placement/${encodeURIComponent(id)}${at}`, PlacementView);
  await print(cli, { kind: 'Placement', fields: view, text: () => placementText(view) });
}

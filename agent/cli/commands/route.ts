import { listOf, RouteView } from '../../ports/control';
import { connectAgent } from '../api-client';
import type { Cli } from '../io';
import { print } from '../output/print';
import { listResult } from '../output/result';
import { routeTable, routeText } from '../views/routes';
import type { Invocation } from './handler';

/** `blosm route list` */
export async function routeList(cli: Cli, { options }: Invocation<{ limit: number }>): Promise<undefined> {
  const client = await connectAgent(cli);
  const { items } = await client.get(`/v1/routes?limit=${options.limit}`, listOf(RouteView));
  await print(cli, listResult('RouteList', items, routeTable));
}

/** `blosm route get INSTANCE` */
export async function routeGet(cli: Cli, { args: [id = ''] }: Invocation): Promise<undefined> {
  const client = await connectAgent(cli);
  const view = await client.get(`/v1/routes/${encodeURIComponent(id)}`, RouteView);
  await print(cli, { kind: 'Route', fields: view, text: () => routeText(view) });
}

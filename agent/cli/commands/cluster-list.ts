import { ClusterView, listOf } from '../../ports/control';
import { connectAgent } from '../api-client';
import type { Cli } from '../io';
import { print } from '../output/print';
import { clusterTable } from '../views/lists';

/** `blosm cluster list` */
export async function clusterList(cli: Cli): Promise<undefined> {
  const client = await connectAgent(cli);
  const { items } = await client.get('/v1/clusters', listOf(ClusterView));
  await print(cli, { kind: 'ClusterList', fields: { items }, text: () => clusterTable(items) });
}

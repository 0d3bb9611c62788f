import { ClusterView, listOf } from '../../ports/control';
import { connectAgent } from '../api-client';
import type { ExitCode } from '../exit-codes';
import type { Cli } from '../io';
import { listResult } from '../output/result';
import { clusterTable } from '../views/lists';
import { present, type WatchOptions } from '../watch';
import type { Invocation } from './handler';

/** `blosm cluster list` */
export async function clusterList(cli: Cli, { options }: Invocation<WatchOptions>): Promise<ExitCode> {
  const client = await connectAgent(cli);
  return present(cli, options, async () => {
    const { items } = await client.get('/v1/clusters', listOf(ClusterView));
    return listResult('ClusterList', items, clusterTable);
  });
}

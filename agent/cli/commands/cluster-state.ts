import { ClusterView } from '../../ports/control';
import { connectAgent } from '../api-client';
import type { Cli } from '../io';
import { print } from '../output/print';
import { requireYes } from '../require-yes';
import { clusterTable } from '../views/lists';

/** `blosm cluster cordon` */
export const clusterCordon = (cli: Cli): Promise<undefined> => post(cli, '/v1/cluster/cordon');

/** `blosm cluster uncordon` */
export const clusterUncordon = (cli: Cli): Promise<undefined> => post(cli, '/v1/cluster/uncordon');

/** `blosm cluster leave` */
export async function clusterLeave(cli: Cli): Promise<undefined> {
  requireYes(cli, 'takes the node of this cluster off the ledger');
  return post(cli, '/v1/cluster/leave');
}

async function post(cli: Cli, path: string): Promise<undefined> {
  const client = await connectAgent(cli);
  const view = await client.post(path, {}, ClusterView);
  await print(cli, { kind: 'Cluster', fields: view, text: () => clusterTable([view]) });
}

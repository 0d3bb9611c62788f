import { connectAgent } from '../api-client';
import { findCluster } from '../find-cluster';
import type { Cli } from '../io';
import { print } from '../output/print';
import { clusterText } from '../views/lists';
import type { Invocation } from './handler';

/** `blosm cluster get ID` */
export async function clusterGet(cli: Cli, { args: [id = ''] }: Invocation): Promise<undefined> {
  const view = await findCluster(await connectAgent(cli), id);
  await print(cli, {
    kind: 'Cluster',
    fields: view,
    text: () => clusterText(view),
    wide: () => clusterText(view, true),
  });
}

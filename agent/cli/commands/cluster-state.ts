import { ClusterView, StatusView } from '../../ports/control';
import { connectAgent, type ControlClient } from '../api-client';
import { tellIntent, type DryRunOptions } from '../dry-run';
import type { ExitCode } from '../exit-codes';
import { findCluster } from '../find-cluster';
import type { Cli } from '../io';
import { print } from '../output/print';
import { requireYes } from '../require-yes';
import { clusterTable } from '../views/lists';
import type { Handler, Invocation } from './handler';

/** `blosm cluster cordon` */
export const clusterCordon: Handler<DryRunOptions> = (cli, { options }) => cordon(cli, options, true);

/** `blosm cluster uncordon` */
export const clusterUncordon: Handler<DryRunOptions> = (cli, { options }) => cordon(cli, options, false);

async function cordon(cli: Cli, { dryRun }: DryRunOptions, cordoned: boolean): Promise<ExitCode> {
  const command = cordoned ? 'cluster cordon' : 'cluster uncordon';
  const client = await connectAgent(cli);
  if (dryRun !== true) return post(cli, client, cordoned ? '/v1/cluster/cordon' : '/v1/cluster/uncordon');
  const self = await findCluster(client);
  const step = cordoned
    ? `mark ${self.name} on the ledger so that it takes nothing new; what it runs stays`
    : `let ${self.name} take new instances again`;
  return tellIntent(cli, { command, steps: self.cordoned === cordoned ? [] : [step] });
}

/** `blosm cluster leave` */
export async function clusterLeave(cli: Cli, { options }: Invocation<DryRunOptions>): Promise<ExitCode> {
  if (options.dryRun === true) return tellLeave(cli);
  requireYes(cli, 'takes the node of this cluster off the ledger');
  return post(cli, await connectAgent(cli), '/v1/cluster/leave');
}

async function tellLeave(cli: Cli): Promise<ExitCode> {
  const client = await connectAgent(cli);
  const [self, { instancesOwned }] = await Promise.all([findCluster(client), client.get('/v1/status', StatusView)]);
  return tellIntent(cli, {
    command: 'cluster leave',
    steps: [`take ${self.name} (${self.nodeId}) off the members of the channel (needs --yes)`],
    refusals: instancesOwned === 0 ? [] : [`it owns ${instancesOwned} instances: move them first`],
  });
}

async function post(cli: Cli, client: ControlClient, path: string): Promise<ExitCode> {
  const view = await client.post(path, {}, ClusterView);
  await print(cli, { kind: 'Cluster', fields: view, text: () => clusterTable([view]) });
  return 0;
}

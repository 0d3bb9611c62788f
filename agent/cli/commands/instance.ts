import { InstanceView, listOf, ServiceView } from '../../ports/control';
import { connectAgent, type ControlClient } from '../api-client';
import { tellIntent, type DryRunOptions } from '../dry-run';
import type { ExitCode } from '../exit-codes';
import { findCluster } from '../find-cluster';
import type { Cli } from '../io';
import { print } from '../output/print';
import { listResult } from '../output/result';
import { requireYes } from '../require-yes';
import { instanceTable, instanceText, recoveryText } from '../views/lists';
import { present, type ListOptions } from '../watch';
import type { Invocation } from './handler';

/** `blosm instance list` */
export async function instanceList(cli: Cli, { options }: Invocation<ListOptions>): Promise<ExitCode> {
  const client = await connectAgent(cli);
  return present(cli, options, async () => {
    const { items } = await client.get(`/v1/instances?limit=${options.limit}`, listOf(InstanceView));
    return listResult('InstanceList', items, (some, isWide) => instanceTable(some, cli.io.nowMs(), isWide));
  });
}

/** `blosm instance get ID` */
export async function instanceGet(cli: Cli, { args: [id = ''] }: Invocation): Promise<undefined> {
  const client = await connectAgent(cli);
  const view = await client.get(`/v1/instances/${encodeURIComponent(id)}`, InstanceView);
  await print(cli, { kind: 'Instance', fields: view, text: () => instanceText(view) });
}

interface RecoverOptions extends DryRunOptions {
  readonly acceptLoss: true;
  readonly from?: string;
}

/** `blosm instance recover ID --accept-loss` */
export async function instanceRecover(
  cli: Cli,
  { args: [id = ''], options }: Invocation<RecoverOptions>,
): Promise<ExitCode> {
  const client = await connectAgent(cli);
  if (options.dryRun === true) return tellRecovery(cli, client, id, options);
  const order = { acceptLoss: options.acceptLoss, from: options.from ?? null };
  const view = await client.post(`/v1/instances/${encodeURIComponent(id)}/recover`, order, InstanceView);
  await print(cli, { kind: 'Instance', fields: view, text: () => `${recoveryText(view)}\n${instanceText(view)}` });
  return 0;
}

async function tellRecovery(cli: Cli, client: ControlClient, id: string, { from }: RecoverOptions): Promise<ExitCode> {
  const [instance, self] = await Promise.all([
    client.get(`/v1/instances/${encodeURIComponent(id)}`, InstanceView),
    findCluster(client),
  ]);
  const { instanceId, ownerName, ownerNodeId, epoch, openMigrationId } = instance;
  const source = from === undefined ? 'the copy that this cluster keeps, or the image if it has none' : `the ${from}`;
  return tellIntent(cli, {
    command: 'instance recover',
    steps: [
      ...(openMigrationId === null ? [] : [`end ${openMigrationId}, which is open`]),
      `${ownerNodeId === self.nodeId ? 'renew the ownership of' : `take over from ${ownerName}`} ${instanceId} for ${self.name} at epoch ${epoch + 1}`,
      `start it from ${source}; what the old copy held besides is lost`,
    ],
  });
}

/** `blosm instance remove ID` */
export async function instanceRemove(
  cli: Cli,
  { args: [id = ''], options }: Invocation<DryRunOptions>,
): Promise<ExitCode> {
  const client = await connectAgent(cli);
  const path = `/v1/instances/${encodeURIComponent(id)}`;
  const instance = await client.get(path, InstanceView);
  const service = await client.get(`/v1/services/${encodeURIComponent(instance.serviceId)}`, ServiceView);
  const lost = service.state === 'none' ? 'it keeps no files' : 'all files that it keeps are lost';
  const what = `removes ${id} of ${instance.serviceId} for good: ${lost}, and its device gets a new one`;
  if (options.dryRun === true) {
    const steps = [`let the requests that run end`, `take ${id} off the ledger`, `remove its container: ${lost}`];
    const { openMigrationId } = instance;
    const refusals = openMigrationId === null ? [] : [`${openMigrationId} is open`];
    return tellIntent(cli, { command: 'instance remove', steps, refusals });
  }
  requireYes(cli, what);
  const view = await client.post(`${path}/remove`, {}, InstanceView);
  await print(cli, { kind: 'Instance', fields: view, text: () => `${id} is removed: ${lost}\n` });
  return 0;
}

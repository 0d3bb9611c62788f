import { InstanceView, listOf } from '../../ports/control';
import { connectAgent } from '../api-client';
import type { Cli } from '../io';
import { print } from '../output/print';
import { instanceTable, instanceText, recoveryText } from '../views/lists';
import type { Invocation } from './handler';

/** `blosm instance list` */
export async function instanceList(cli: Cli, { options }: Invocation<{ limit: number }>): Promise<undefined> {
  const client = await connectAgent(cli);
  const { items } = await client.get(`/v1/instances?limit=${options.limit}`, listOf(InstanceView));
  await print(cli, { kind: 'InstanceList', fields: { items }, text: () => instanceTable(items, cli.io.nowMs()) });
}

/** `blosm instance get ID` */
export async function instanceGet(cli: Cli, { args: [id = ''] }: Invocation): Promise<undefined> {
  const client = await connectAgent(cli);
  const view = await client.get(`/v1/instances/${encodeURIComponent(id)}`, InstanceView);
  await print(cli, { kind: 'Instance', fields: view, text: () => instanceText(view) });
}

interface RecoverOptions {
  readonly acceptLoss: true;
  readonly from?: string;
}

/** `blosm instance recover ID --accept-loss` */
export async function instanceRecover(
  cli: Cli,
  { args: [id = ''], options }: Invocation<RecoverOptions>,
): Promise<undefined> {
  const client = await connectAgent(cli);
  const order = { acceptLoss: options.acceptLoss, from: options.from ?? null };
  const view = await client.post(`/v1/instances/${encodeURIComponent(id)}/recover`, order, InstanceView);
  await print(cli, { kind: 'Instance', fields: view, text: () => `${recoveryText(view)}\n${instanceText(view)}` });
}

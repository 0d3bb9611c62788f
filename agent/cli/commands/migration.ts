import { listOf, MigrationDetailView, MigrationView, TimelineView } from '../../ports/control';
import { connectAgent } from '../api-client';
import type { Cli } from '../io';
import { print } from '../output/print';
import { migrationDetailText, migrationTable } from '../views/migrations';
import { timelineText } from '../views/timeline';
import type { Invocation } from './handler';

/** `blosm migration list` */
export async function migrationList(cli: Cli, { options }: Invocation<{ limit: number }>): Promise<undefined> {
  const client = await connectAgent(cli);
  const { items } = await client.get(`/v1/migrations?limit=${options.limit}`, listOf(MigrationView));
  await print(cli, { kind: 'MigrationList', fields: { items }, text: () => migrationTable(items, cli.io.nowMs()) });
}

/** `blosm migration get ID` */
export async function migrationGet(cli: Cli, { args: [id = ''] }: Invocation): Promise<undefined> {
  const client = await connectAgent(cli);
  const view = await client.get(`/v1/migrations/${encodeURIComponent(id)}`, MigrationDetailView);
  await print(cli, { kind: 'Migration', fields: view, text: () => migrationDetailText(view) });
}

/** `blosm migration timeline ID` */
export async function migrationTimeline(cli: Cli, { args: [id = ''] }: Invocation): Promise<undefined> {
  const client = await connectAgent(cli);
  const view = await client.get(`/v1/migrations/${encodeURIComponent(id)}/timeline`, TimelineView);
  await print(cli, { kind: 'Timeline', fields: view, text: () => timelineText(view) });
}

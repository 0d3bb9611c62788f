import { listOf, MigrationView, TimelineView } from '../../ports/control';
import { connectAgent } from '../api-client';
import type { ExitCode } from '../exit-codes';
import { getMigration, migrationResult } from '../follow-migration';
import type { Cli } from '../io';
import { print } from '../output/print';
import { listResult } from '../output/result';
import { migrationTable } from '../views/migrations';
import { timelineText } from '../views/timeline';
import { present, type ListOptions } from '../watch';
import type { Invocation } from './handler';

/** `blosm migration list` */
export async function migrationList(cli: Cli, { options }: Invocation<ListOptions>): Promise<ExitCode> {
  const client = await connectAgent(cli);
  return present(cli, options, async () => {
    const { items } = await client.get(`/v1/migrations?limit=${options.limit}`, listOf(MigrationView));
    return listResult('MigrationList', items, (some, isWide) => migrationTable(some, cli.io.nowMs(), isWide));
  });
}

/** `blosm migration get ID` */
export async function migrationGet(cli: Cli, { args: [id = ''] }: Invocation): Promise<undefined> {
  const client = await connectAgent(cli);
  await print(cli, migrationResult(await getMigration(client, id), cli.io.nowMs()));
}

/** `blosm migration timeline ID` */
export async function migrationTimeline(cli: Cli, { args: [id = ''] }: Invocation): Promise<undefined> {
  const client = await connectAgent(cli);
  const view = await client.get(`/v1/migrations/${encodeURIComponent(id)}/timeline`, TimelineView);
  await print(cli, { kind: 'Timeline', fields: view, text: () => timelineText(view) });
}

import { MigrationExplanationView, MigrationOutcomeView } from '../../ports/control';
import { connectAgent } from '../api-client';
import type { Cli } from '../io';
import { print } from '../output/print';
import { explanationText, outcomeText } from '../views/migration-orders';
import type { Invocation } from './handler';

/** `blosm migration explain ID` */
export async function migrationExplain(cli: Cli, { args: [id = ''] }: Invocation): Promise<undefined> {
  const client = await connectAgent(cli);
  const view = await client.get(`/v1/migrations/${encodeURIComponent(id)}/explanation`, MigrationExplanationView);
  await print(cli, {
    kind: 'MigrationExplanation',
    fields: view,
    text: () => explanationText(view, cli.io.nowMs()),
  });
}

/** `blosm migration cancel ID` */
export const migrationCancel = (cli: Cli, invocation: Invocation): Promise<undefined> =>
  order(cli, invocation, 'cancel');

/** `blosm migration retry ID` */
export const migrationRetry = (cli: Cli, invocation: Invocation): Promise<undefined> => order(cli, invocation, 'retry');

async function order(cli: Cli, { args: [id = ''] }: Invocation, what: 'cancel' | 'retry'): Promise<undefined> {
  const client = await connectAgent(cli);
  const view = await client.post(`/v1/migrations/${encodeURIComponent(id)}/${what}`, {}, MigrationOutcomeView);
  await print(cli, { kind: 'MigrationOutcome', fields: view, text: () => outcomeText(view) });
}

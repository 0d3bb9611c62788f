import { MigrationExplanationView, MigrationOutcomeView } from '../../ports/control';
import { connectAgent, type ControlClient } from '../api-client';
import { tellIntent, type DryRunOptions } from '../dry-run';
import type { ExitCode } from '../exit-codes';
import type { Cli } from '../io';
import { print } from '../output/print';
import { explanationText, outcomeText } from '../views/migration-orders';
import type { Invocation } from './handler';

const pathOf = (id: string, what: string): string => `/v1/migrations/${encodeURIComponent(id)}/${what}`;

const explain = (client: ControlClient, id: string): Promise<MigrationExplanationView> =>
  client.get(pathOf(id, 'explanation'), MigrationExplanationView);

/** `blosm migration explain ID` */
export async function migrationExplain(cli: Cli, { args: [id = ''] }: Invocation): Promise<undefined> {
  const view = await explain(await connectAgent(cli), id);
  await print(cli, {
    kind: 'MigrationExplanation',
    fields: view,
    text: () => explanationText(view, cli.io.nowMs()),
  });
}

/** What an order does, and to migrations in which state. */
interface Order {
  readonly name: 'cancel' | 'retry';
  readonly state: MigrationExplanationView['state'];
  readonly steps: (view: MigrationExplanationView) => readonly string[];
}

const CANCEL: Order = {
  name: 'cancel',
  state: 'PROPOSED',
  steps: ({ migrationId, serviceId, runsAt }) => [
    `abort ${migrationId} on the ledger`,
    `go on serving ${serviceId} at ${runsAt}`,
  ],
};

const RETRY: Order = {
  name: 'retry',
  state: 'ABORTED',
  steps: ({ migrationId, instanceId, requestedDestination, runsAt }) => [
    `propose to move ${instanceId} from ${runsAt} in place of ${migrationId}`,
    `ask ${requestedDestination === null ? 'all clusters' : `for ${requestedDestination} alone`}, as then`,
  ],
};

/** `blosm migration cancel ID` */
export const migrationCancel = (cli: Cli, invocation: Invocation<DryRunOptions>): Promise<ExitCode> =>
  order(cli, invocation, CANCEL);

/** `blosm migration retry ID` */
export const migrationRetry = (cli: Cli, invocation: Invocation<DryRunOptions>): Promise<ExitCode> =>
  order(cli, invocation, RETRY);

async function order(
  cli: Cli,
  { args: [id = ''], options }: Invocation<DryRunOptions>,
  { name, state, steps }: Order,
): Promise<ExitCode> {
  const client = await connectAgent(cli);
  if (options.dryRun === true) {
    const view = await explain(client, id);
    const refusals = view.state === state ? [] : [view.says];
    return tellIntent(cli, { command: `migration ${name}`, steps: steps(view), refusals });
  }
  const view = await client.post(pathOf(id, name), {}, MigrationOutcomeView);
  await print(cli, { kind: 'MigrationOutcome', fields: view, text: () => outcomeText(view) });
  return 0;
}

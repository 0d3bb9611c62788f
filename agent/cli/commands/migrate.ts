import { BlosmError } from '../../../chaincode/src/model/errors';
import { MigrationPlanView, MigrationView, type MigrationDetailView } from '../../ports/control';
import { connectAgent, DEFAULT_TIMEOUT_MS, type ControlClient } from '../api-client';
import type { ExitCode } from '../exit-codes';
import { exitCodeOfEnd, getMigration, migrationResult, waitDeadline } from '../follow-migration';
import { note, type Cli } from '../io';
import { print } from '../output/print';
import { passingTrouble } from '../passing';
import { migrationText, planText } from '../views/migrations';
import { paused } from '../watch';
import type { Invocation } from './handler';

interface MigrateOptions {
  readonly to?: string;
  readonly strategy?: string;
  readonly dryRun?: boolean;
  readonly wait?: boolean;
}

const POLL_MS = 200;
const DEFAULT_WAIT_MS = 600_000;

/** `blosm migrate INSTANCE` */
export async function migrate(
  cli: Cli,
  { args: [instanceId], options }: Invocation<MigrateOptions>,
): Promise<ExitCode> {
  // With --wait the time given is for the whole migration, not for a single request.
  const client = await connectAgent(cli, options.wait === true ? DEFAULT_TIMEOUT_MS : undefined);
  const order = { instanceId, to: options.to ?? null, strategy: options.strategy ?? null };
  if (options.dryRun === true) {
    const plan = await client.post('/v1/migrations', { ...order, dryRun: true }, MigrationPlanView);
    await print(cli, { kind: 'MigrationPlan', fields: plan, text: () => planText(plan) });
    return plan.destinations.some(({ eligible }) => eligible) ? 0 : 5;
  }
  const started = await client.post('/v1/migrations', { ...order, dryRun: false }, MigrationView);
  if (options.wait !== true) {
    await print(cli, { kind: 'Migration', fields: started, text: () => migrationText(started) });
    return 0;
  }
  note(cli, `${started.migrationId}: proposed; interrupting this command does not stop it`);
  const ended = await waitForEnd(cli, client, started.migrationId);
  await print(cli, migrationResult(ended, cli.io.nowMs()));
  return exitCodeOfEnd(ended) ?? 1;
}

async function waitForEnd(cli: Cli, client: ControlClient, migrationId: string): Promise<MigrationDetailView> {
  const checkTime = waitDeadline(migrationId, cli.options.timeout ?? DEFAULT_WAIT_MS);
  for (let told = ''; ;) {
    const found = await look(client, migrationId);
    if (typeof found !== 'string' && exitCodeOfEnd(found) !== undefined) return found;
    const line = `${migrationId}: ${typeof found === 'string' ? found : describeProgress(found)}`;
    if (line !== told) note(cli, line);
    told = line;
    checkTime();
    if (!(await paused(cli, POLL_MS))) throw interrupted(migrationId);
  }
}

/** What is wrong while nobody can tell: agent or peer may be restarting, and the migration goes on without them. */
async function look(client: ControlClient, migrationId: string): Promise<MigrationDetailView | string> {
  try {
    return await getMigration(client, migrationId);
  } catch (error) {
    const trouble = passingTrouble(error);
    if (trouble === undefined) throw error;
    return trouble;
  }
}

const describeProgress = ({ state, waitsFor }: MigrationDetailView): string =>
  `${state}, waits for ${waitsFor ?? 'the ledger'}`;

const interrupted = (migrationId: string): BlosmError =>
  new BlosmError('BLOSM_E_CANCELLED', 'the waiting was interrupted', {
    stage: 'wait',
    hint: `The migration goes on; look with: blosm migration get ${migrationId}`,
  });

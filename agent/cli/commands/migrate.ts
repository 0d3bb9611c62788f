import { BlosmError, hasCode } from '../../../chaincode/src/model/errors';
import { MigrationPlanView, MigrationView, type MigrationDetailView } from '../../ports/control';
import { connectAgent, DEFAULT_TIMEOUT_MS, type ControlClient } from '../api-client';
import type { ExitCode } from '../exit-codes';
import { exitCodeOfEnd, getMigration, migrationResult, waitDeadline } from '../follow-migration';
import { note, type Cli } from '../io';
import { print } from '../output/print';
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
    const migration = await look(client, migrationId);
    if (migration !== null && exitCodeOfEnd(migration) !== undefined) return migration;
    const line = `${migrationId}: ${describeProgress(migration)}`;
    if (line !== told) note(cli, line);
    told = line;
    checkTime();
    if (!(await paused(cli, POLL_MS))) throw interrupted(migrationId);
  }
}

/** Null while the agent does not answer: it may be restarting, and the migration goes on without it. */
async function look(client: ControlClient, migrationId: string): Promise<MigrationDetailView | null> {
  try {
    return await getMigration(client, migrationId);
  } catch (error) {
    if (hasCode(error, 'BLOSM_E_AGENT_UNREACHABLE')) return null;
    throw error;
  }
}

function describeProgress(migration: MigrationDetailView | null): string {
  if (migration === null) return 'the agent does not answer now';
  return `${migration.state}, waits for ${migration.waitsFor ?? 'the ledger'}`;
}

const interrupted = (migrationId: string): BlosmError =>
  new BlosmError('BLOSM_E_CANCELLED', 'the waiting was interrupted', {
    stage: 'wait',
    hint: `The migration goes on; look with: blosm migration get ${migrationId}`,
  });

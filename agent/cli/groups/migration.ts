import { Option, type Command } from 'commander';
import { dryRunOption, intervalOption, limitOption, watchOption } from '../options';
import type { Bind } from './bind';

const strategyOption = (): Option =>
  new Option('--strategy <name>', "how it moves (default: the agent's)").choices(['registry']);

export function addMigrationCommands(program: Command, bind: Bind): void {
  program
    .command('migrate <instance>')
    .description('Move an instance that this cluster owns')
    .option('--to <cluster>', 'only to this cluster (default: the nearest that can run it)')
    .addOption(strategyOption())
    .addOption(new Option('--dry-run', 'tell what would happen, change nothing').conflicts('wait'))
    .option('--wait', 'wait until it has ended (at most --timeout, default 10m)')
    .action(bind(async () => (await import('../commands/migrate.js')).migrate));
  const migration = program.command('migration').description('Migrations');
  migration
    .command('list')
    .description('Migrations, newest first')
    .addOption(limitOption())
    .addOption(watchOption())
    .addOption(intervalOption())
    .action(bind(async () => (await import('../commands/migration.js')).migrationList));
  migration
    .command('get <id>')
    .description('One migration with what each node said')
    .action(bind(async () => (await import('../commands/migration.js')).migrationGet));
  migration
    .command('watch <id>')
    .description('Follow one migration to its end, as far as --timeout lets; the exit code says how it ended')
    .addOption(intervalOption())
    .action(bind(async () => (await import('../commands/migration-watch.js')).migrationWatch));
  migration
    .command('timeline <id>')
    .description('What took how long')
    .action(bind(async () => (await import('../commands/migration.js')).migrationTimeline));
  migration
    .command('explain <id>')
    .description('What it waits for, since when, what failed last, and what you can do')
    .action(bind(async () => (await import('../commands/migration-orders.js')).migrationExplain));
  migration
    .command('cancel <id>')
    .description('End it before its hand-over: the service stays where it is')
    .addOption(dryRunOption())
    .action(bind(async () => (await import('../commands/migration-orders.js')).migrationCancel));
  migration
    .command('retry <id>')
    .description('Try an aborted one again at once, to the same destination if one was named')
    .addOption(dryRunOption())
    .action(bind(async () => (await import('../commands/migration-orders.js')).migrationRetry));
}

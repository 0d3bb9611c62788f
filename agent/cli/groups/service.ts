import type { Command } from 'commander';
import { dryRunOption, intervalOption, limitOption, watchOption } from '../options';
import type { Bind } from './bind';

export function addServiceCommands(program: Command, bind: Bind): void {
  const service = program.command('service').description('Services that devices may ask for');
  service
    .command('register')
    .description('Register a service from a file')
    .requiredOption('-f, --file <file>', 'service file (YAML)')
    .addOption(dryRunOption())
    .action(bind(async () => (await import('../commands/service.js')).serviceRegister));
  service
    .command('list')
    .description('All services')
    .addOption(limitOption())
    .addOption(watchOption())
    .addOption(intervalOption())
    .action(bind(async () => (await import('../commands/service.js')).serviceList));
  service
    .command('get <id>')
    .description('One service')
    .action(bind(async () => (await import('../commands/service.js')).serviceGet));
  service
    .command('remove <id>')
    .description('Take a service without instances off the ledger; its id is not used again; needs --yes')
    .addOption(dryRunOption())
    .action(bind(async () => (await import('../commands/service.js')).serviceRemove));
  service
    .command('history <id>')
    .description('All that a service has been on the ledger, newest first')
    .action(bind(async () => (await import('../commands/service.js')).serviceHistory));
}

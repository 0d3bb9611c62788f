import type { Command } from 'commander';
import { limitOption } from '../options';
import type { Bind } from './bind';

export function addServiceCommands(program: Command, bind: Bind): void {
  const service = program.command('service').description('Services that devices may ask for');
  service
    .command('register')
    .description('Register a service from a file')
    .requiredOption('-f, --file <file>', 'service file (YAML)')
    .action(bind(async () => (await import('../commands/service.js')).serviceRegister));
  service
    .command('list')
    .description('All services')
    .addOption(limitOption())
    .action(bind(async () => (await import('../commands/service.js')).serviceList));
  service
    .command('get <id>')
    .description('One service')
    .action(bind(async () => (await import('../commands/service.js')).serviceGet));
}

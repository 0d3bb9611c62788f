import type { Command } from 'commander';
import type { Bind } from './bind';

export function addConfigCommands(program: Command, bind: Bind): void {
  program
    .command('config')
    .description('The configuration file')
    .command('validate [file]')
    .description('Tell all that is wrong with it, with line and column')
    .action(bind(async () => (await import('../commands/config-validate.js')).configValidate));
}

import type { Command } from 'commander';
import { setOption } from '../options';
import type { Bind } from './bind';

export function addConfigCommands(program: Command, bind: Bind): void {
  const config = program.command('config').description('The configuration file');
  config
    .command('view')
    .description('What counts: flags over environment over file over defaults; without secrets')
    .option('--show-origin', 'each key with where its value comes from')
    .addOption(setOption())
    .action(bind(async () => (await import('../commands/config-view.js')).configView));
  config
    .command('validate [file]')
    .description('Tell all that is wrong with it, with line and column')
    .addOption(setOption())
    .action(bind(async () => (await import('../commands/config-validate.js')).configValidate));
  config
    .command('explain <key>')
    .description('What a key means, its value and where that comes from')
    .addOption(setOption())
    .action(bind(async () => (await import('../commands/config-explain.js')).configExplain));
  config
    .command('schema')
    .description('JSON Schema of the file, for editors')
    .option('--service', 'of service files instead')
    .action(bind(async () => (await import('../commands/config-schema.js')).configSchema));
}

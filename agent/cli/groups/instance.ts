import { Option, type Command } from 'commander';
import { dryRunOption, intervalOption, limitOption, watchOption } from '../options';
import type { Bind } from './bind';

export function addInstanceCommands(program: Command, bind: Bind): void {
  const instance = program.command('instance').description('Instances: a service for a device');
  instance
    .command('list')
    .description('All instances and who owns them')
    .addOption(limitOption())
    .addOption(watchOption())
    .addOption(intervalOption())
    .action(bind(async () => (await import('../commands/instance.js')).instanceList));
  instance
    .command('get <id>')
    .description('One instance')
    .action(bind(async () => (await import('../commands/instance.js')).instanceGet));
  instance
    .command('recover <id>')
    .description(
      'Take over an instance whose copy is lost or whose owner is suspended; confirm that the old copy is off',
    )
    .requiredOption('--accept-loss', 'what the old copy held and this cluster does not have is lost')
    .addOption(
      new Option(
        '--from <what>',
        'the copy that this cluster keeps, or the image (default: the copy, if there is one)',
      ).choices(['copy', 'image']),
    )
    .addOption(dryRunOption())
    .action(bind(async () => (await import('../commands/instance.js')).instanceRecover));
  instance
    .command('remove <id>')
    .description('End an instance of this cluster for good, with all that it keeps; needs --yes')
    .addOption(dryRunOption())
    .action(bind(async () => (await import('../commands/instance.js')).instanceRemove));
}

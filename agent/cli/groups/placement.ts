import type { Command } from 'commander';
import type { Bind } from './bind';

export function addPlacementCommands(program: Command, bind: Bind): void {
  program
    .command('placement')
    .description('Where things run, and why')
    .command('explain <id>')
    .description('The clusters in the order in which an instance, or a first request of a service, would go to them')
    .option('--at <lat,lon>', "as if the device were there (default: where it was last, as the instance's owner knows)")
    .action(bind(async () => (await import('../commands/placement-explain.js')).placementExplain));
}

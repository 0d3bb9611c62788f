import type { Command } from 'commander';
import { dryRunOption, intervalOption, watchOption } from '../options';
import type { Bind } from './bind';

export function addClusterCommands(program: Command, bind: Bind): void {
  const cluster = program.command('cluster').description('Clusters on the channel');
  cluster
    .command('list')
    .description('All clusters; * marks the one that answers')
    .addOption(watchOption())
    .addOption(intervalOption())
    .action(bind(async () => (await import('../commands/cluster-list.js')).clusterList));
  cluster
    .command('get <id>')
    .description('One cluster, by its name or its node id')
    .action(bind(async () => (await import('../commands/cluster-get.js')).clusterGet));
  cluster
    .command('register')
    .description("Register this cluster and its agent's certificate, as the organisation's admin")
    .requiredOption('--admin-certificate <file>', "certificate of the organisation's admin (PEM)")
    .requiredOption('--admin-key <file>', 'its private key (PEM)')
    .addOption(dryRunOption())
    .action(bind(async () => (await import('../commands/cluster-register.js')).clusterRegister));
  cluster
    .command('cordon')
    .description('This cluster takes nothing new; what it runs stays')
    .addOption(dryRunOption())
    .action(bind(async () => (await import('../commands/cluster-state.js')).clusterCordon));
  cluster
    .command('uncordon')
    .description('The end of cordon')
    .addOption(dryRunOption())
    .action(bind(async () => (await import('../commands/cluster-state.js')).clusterUncordon));
  cluster
    .command('leave')
    .description('Leave the members of the channel; refused while this cluster owns an instance (needs --yes)')
    .addOption(dryRunOption())
    .action(bind(async () => (await import('../commands/cluster-state.js')).clusterLeave));
}

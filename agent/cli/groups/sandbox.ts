import type { Command } from 'commander';
import { dryRunOption, stateOption, topologyOption } from '../options';
import type { Bind } from './bind';

export function addSandboxCommands(program: Command, bind: Bind): void {
  const sandbox = program
    .command('sandbox')
    .description('Clusters as network namespaces of this machine, each with its own Docker Engine (root)');
  sandbox
    .command('up')
    .description('Bring up hosts, links, registry, engines and ledger, register the clusters, start the agents')
    .addOption(topologyOption())
    .addOption(stateOption())
    .option('--no-agents', 'do not start the agents')
    .addOption(dryRunOption())
    .action(bind(async () => (await import('../commands/sandbox.js')).sandboxUp));
  sandbox
    .command('down')
    .description('Take everything away, whatever state it is in')
    .addOption(stateOption())
    .option('--purge', 'also delete ledgers, images, containers, journals and logs (needs --yes)')
    .addOption(dryRunOption())
    .action(bind(async () => (await import('../commands/sandbox.js')).sandboxDown));
  sandbox
    .command('status')
    .description('What of it is there and answers')
    .addOption(stateOption())
    .action(bind(async () => (await import('../commands/sandbox.js')).sandboxStatus));
}

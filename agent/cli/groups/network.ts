import { Option, type Command } from 'commander';
import { basePortOption, chaincodeOption, dryRunOption, stateOption, topologyOption } from '../options';
import type { Bind } from './bind';

export function addNetworkCommands(program: Command, bind: Bind): void {
  const network = program.command('network').description('A Fabric network of native processes on this machine');
  network
    .command('up')
    .description('Bring it up: identities, channel, orderer, a peer and a chaincode process per cluster')
    .addOption(topologyOption())
    .addOption(stateOption())
    .addOption(basePortOption())
    .addOption(dryRunOption())
    .action(bind(async () => (await import('../commands/network.js')).networkUp));
  network
    .command('down')
    .description('Stop its processes; the ledger stays')
    .addOption(stateOption())
    .addOption(dryRunOption())
    .action(bind(async () => (await import('../commands/network.js')).networkDown));
  network
    .command('status')
    .description('Its processes and their health')
    .addOption(stateOption())
    .action(bind(async () => (await import('../commands/network.js')).networkStatus));
  network
    .command('deploy')
    .description('Put the chaincode on a running network that has none')
    .addOption(chaincodeOption())
    .addOption(stateOption())
    .addOption(dryRunOption())
    .action(bind(async () => (await import('../commands/network.js')).networkDeploy));
  network
    .command('upgrade')
    .description('Replace the chaincode by a changed one, or the programs by newer ones, while the network serves')
    .addOption(chaincodeOption())
    .addOption(new Option('--programs', "Fabric's programs, as found now ($FABRIC_BIN first)").conflicts('chaincode'))
    .addOption(stateOption())
    .addOption(dryRunOption())
    .action(bind(async () => (await import('../commands/network.js')).networkUpgrade));
  network
    .command('add-org <name>')
    .description('Add an organisation with its peer and its chaincode process to the running network')
    .option('--msp-id <id>', "its MSP id (default: the topology's, else made from the name)")
    .option('--topology <file>', 'a topology that has the cluster')
    .addOption(stateOption())
    .addOption(dryRunOption())
    .action(bind(async () => (await import('../commands/network.js')).networkAddOrg));
  network
    .command('remove-org <name>')
    .description('Remove an organisation from the running network; its files stay')
    .option('--purge', 'also delete its certificates, its ledger and its logs (needs --yes)')
    .addOption(stateOption())
    .addOption(dryRunOption())
    .action(bind(async () => (await import('../commands/network.js')).networkRemoveOrg));
  network
    .command('reset')
    .description('Take it down and delete it (needs --yes)')
    .addOption(stateOption())
    .addOption(dryRunOption())
    .action(bind(async () => (await import('../commands/network.js')).networkReset));
}

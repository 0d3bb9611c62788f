import { Option, type Command } from 'commander';
import type { Handler } from './commands/handler';
import { basePortOption, chaincodeOption, limitOption, stateOption, topologyOption } from './options';

/** Turns the loading of a command's code into commander's action: the code is loaded when the command is called. */
export type Bind = <O>(load: () => Promise<Handler<O>>) => (...received: unknown[]) => Promise<void>;

const strategyOption = (): Option =>
  new Option('--strategy <name>', "how it moves (default: the agent's)").choices(['registry', 'direct']);

export function addAgentCommands(program: Command, bind: Bind): void {
  program
    .command('init')
    .description('Write a commented configuration file')
    .option('--name <name>', 'short name of this cluster', 'edge1')
    .option('--msp-id <id>', 'MSP id of its organisation (default: made from the name)')
    .option('--force', 'replace the file that is there')
    .action(bind(async () => (await import('./commands/init.js')).init));
  program
    .command('status')
    .description('The agent and what it depends on')
    .action(bind(async () => (await import('./commands/status.js')).status));
  program
    .command('agent')
    .description('The agent of this cluster')
    .command('run')
    .description('Run the agent in the foreground until it is interrupted')
    .action(bind(async () => (await import('./commands/agent-run.js')).agentRun));
  program
    .command('config')
    .description('The configuration file')
    .command('validate [file]')
    .description('Tell all that is wrong with it, with line and column')
    .action(bind(async () => (await import('./commands/config-validate.js')).configValidate));
  program
    .command('version')
    .description("This program's version")
    .action(bind(async () => (await import('./commands/version.js')).version));
}

export function addLedgerCommands(program: Command, bind: Bind): void {
  const cluster = program.command('cluster').description('Clusters on the channel');
  cluster
    .command('list')
    .description('All clusters; * marks the one that answers')
    .action(bind(async () => (await import('./commands/cluster-list.js')).clusterList));
  cluster
    .command('register')
    .description("Register this cluster and its agent's certificate, as the organisation's admin")
    .requiredOption('--admin-certificate <file>', "certificate of the organisation's admin (PEM)")
    .requiredOption('--admin-key <file>', 'its private key (PEM)')
    .action(bind(async () => (await import('./commands/cluster-register.js')).clusterRegister));
  const ledger = program.command('ledger').description('The channel as the own peer has it');
  ledger
    .command('tip')
    .description('The newest block')
    .action(bind(async () => (await import('./commands/ledger.js')).ledgerTip));
  ledger
    .command('tx <id>')
    .description('One transaction, decoded')
    .action(bind(async () => (await import('./commands/ledger.js')).ledgerTransaction));
}

export function addServiceCommands(program: Command, bind: Bind): void {
  const service = program.command('service').description('Services that devices may ask for');
  service
    .command('register')
    .description('Register a service from a file')
    .requiredOption('-f, --file <file>', 'service file (YAML)')
    .action(bind(async () => (await import('./commands/service.js')).serviceRegister));
  service
    .command('list')
    .description('All services')
    .addOption(limitOption())
    .action(bind(async () => (await import('./commands/service.js')).serviceList));
  service
    .command('get <id>')
    .description('One service')
    .action(bind(async () => (await import('./commands/service.js')).serviceGet));
  const instance = program.command('instance').description('Instances: a service for a device');
  instance
    .command('list')
    .description('All instances and who owns them')
    .addOption(limitOption())
    .action(bind(async () => (await import('./commands/instance.js')).instanceList));
  instance
    .command('get <id>')
    .description('One instance')
    .action(bind(async () => (await import('./commands/instance.js')).instanceGet));
}

export function addMigrationCommands(program: Command, bind: Bind): void {
  program
    .command('migrate <instance>')
    .description('Move an instance that this cluster owns')
    .option('--to <cluster>', 'only to this cluster (default: the nearest that can run it)')
    .addOption(strategyOption())
    .addOption(new Option('--dry-run', 'tell what would happen, change nothing').conflicts('wait'))
    .option('--wait', 'wait until it has ended (at most --timeout, default 10m)')
    .action(bind(async () => (await import('./commands/migrate.js')).migrate));
  const migration = program.command('migration').description('Migrations');
  migration
    .command('list')
    .description('Migrations, newest first')
    .addOption(limitOption())
    .action(bind(async () => (await import('./commands/migration.js')).migrationList));
  migration
    .command('get <id>')
    .description('One migration with what each node said')
    .action(bind(async () => (await import('./commands/migration.js')).migrationGet));
  migration
    .command('timeline <id>')
    .description('What took how long')
    .action(bind(async () => (await import('./commands/migration.js')).migrationTimeline));
}

export function addNetworkCommands(program: Command, bind: Bind): void {
  const network = program.command('network').description('A Fabric network of native processes on this machine');
  network
    .command('up')
    .description('Bring it up: identities, channel, orderer, a peer and a chaincode process per cluster')
    .addOption(topologyOption())
    .addOption(stateOption())
    .addOption(basePortOption())
    .action(bind(async () => (await import('./commands/network.js')).networkUp));
  network
    .command('down')
    .description('Stop its processes; the ledger stays')
    .addOption(stateOption())
    .action(bind(async () => (await import('./commands/network.js')).networkDown));
  network
    .command('status')
    .description('Its processes and their health')
    .addOption(stateOption())
    .action(bind(async () => (await import('./commands/network.js')).networkStatus));
  network
    .command('deploy')
    .description('Put the chaincode on a running network that has none')
    .addOption(chaincodeOption())
    .addOption(stateOption())
    .action(bind(async () => (await import('./commands/network.js')).networkDeploy));
  network
    .command('upgrade')
    .description('Replace the chaincode by a changed one, or the programs by newer ones, while the network serves')
    .addOption(chaincodeOption())
    .addOption(new Option('--programs', "Fabric's programs, as found now ($FABRIC_BIN first)").conflicts('chaincode'))
    .addOption(stateOption())
    .action(bind(async () => (await import('./commands/network.js')).networkUpgrade));
  network
    .command('add-org <name>')
    .description('Add an organisation with its peer and its chaincode process to the running network')
    .option('--msp-id <id>', "its MSP id (default: the topology's, else made from the name)")
    .option('--topology <file>', 'a topology that has the cluster')
    .addOption(stateOption())
    .action(bind(async () => (await import('./commands/network.js')).networkAddOrg));
  network
    .command('remove-org <name>')
    .description('Remove an organisation from the running network; its files stay')
    .option('--purge', 'also delete its certificates, its ledger and its logs (needs --yes)')
    .addOption(stateOption())
    .action(bind(async () => (await import('./commands/network.js')).networkRemoveOrg));
  network
    .command('reset')
    .description('Take it down and delete it (needs --yes)')
    .addOption(stateOption())
    .action(bind(async () => (await import('./commands/network.js')).networkReset));
}

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
    .action(bind(async () => (await import('./commands/sandbox.js')).sandboxUp));
  sandbox
    .command('down')
    .description('Take everything away, whatever state it is in')
    .addOption(stateOption())
    .option('--purge', 'also delete ledgers, images, containers, journals and logs (needs --yes)')
    .action(bind(async () => (await import('./commands/sandbox.js')).sandboxDown));
  sandbox
    .command('status')
    .description('What of it is there and answers')
    .addOption(stateOption())
    .action(bind(async () => (await import('./commands/sandbox.js')).sandboxStatus));
}

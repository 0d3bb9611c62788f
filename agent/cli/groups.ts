import { Argument, Option, type Command } from 'commander';
import type { Handler } from './commands/handler';
import { HISTORY_QUERIES } from '../ports/history';
import { blockNumber, collected, limitOption } from './options';

/** Turns the loading of a command's code into commander's action: the code is loaded when the command is called. */
export type Bind = <O>(load: () => Promise<Handler<O>>) => (...received: unknown[]) => Promise<void>;

const strategyOption = (): Option =>
  new Option('--strategy <name>', "how it moves (default: the agent's)").choices(['registry', 'direct']);

export function addAgentCommands(program: Command, bind: Bind): void {
  program
    .command('init')
    .description('Write a commented configuration file')
    .option('--name <name>', 'short name of this cluster', 'edge1')
    .option('--msp-id <id>', "MSP id of its organisation (default: the connection profile's, or made from the name)")
    .option('--connection-profile <file>', "Fabric's connection profile of an existing network (JSON or YAML)")
    .option('--channel <name>', 'the channel that all clusters share', 'blosm')
    .option('--chaincode <name>', 'name under which the chaincode is committed', 'blosm')
    .option('--as-localhost', "reach every node as localhost (fabric-samples' test-network)")
    .addOption(
      new Option('--set <key=value>', 'set another key, e.g. gateway.listen=0.0.0.0:8081; may be repeated').argParser(
        collected,
      ),
    )
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
  const identity = program.command('identity').description("The agent's own certificate and key");
  identity
    .command('import')
    .description('Check an identity, copy it into the state of the agent and name it in the configuration')
    .addOption(
      new Option('--msp <folder>', 'msp folder of a user, with signcerts and keystore').conflicts(['cert', 'key']),
    )
    .option('--cert <file>', 'certificate (PEM), with --key')
    .option('--key <file>', 'its private key (PEM)')
    .option('--msp-id <id>', "MSP id of its organisation (default: the configuration's)")
    .option('--allow-admin', "take an admin's certificate too")
    .action(bind(async () => (await import('./commands/identity-import.js')).identityImport));
  identity
    .command('show')
    .description('What it is, how long it is valid, whether the ledger knows it')
    .action(bind(async () => (await import('./commands/identity-show.js')).identityShow));
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
  cluster
    .command('cordon')
    .description('This cluster takes nothing new; what it runs stays')
    .action(bind(async () => (await import('./commands/cluster-state.js')).clusterCordon));
  cluster
    .command('uncordon')
    .description('The end of cordon')
    .action(bind(async () => (await import('./commands/cluster-state.js')).clusterUncordon));
  cluster
    .command('leave')
    .description('Leave the members of the channel; refused while this cluster owns an instance (needs --yes)')
    .action(bind(async () => (await import('./commands/cluster-state.js')).clusterLeave));
}

export function addChainCommands(program: Command, bind: Bind): void {
  const ledger = program.command('ledger').description('The channel as the own peer has it');
  ledger
    .command('tip')
    .description('The newest block')
    .action(bind(async () => (await import('./commands/ledger.js')).ledgerTip));
  ledger
    .command('tx <id>')
    .description('One transaction, decoded')
    .action(bind(async () => (await import('./commands/ledger.js')).ledgerTransaction));
  ledger
    .command('block <number>')
    .description('One block: hashes, who signed it, its transactions')
    .action(bind(async () => (await import('./commands/ledger.js')).ledgerBlock));
  ledger
    .command('history')
    .description('All that an object has been, newest first')
    .addArgument(new Argument('<kind>', 'the kind of object').choices(Object.keys(HISTORY_QUERIES)))
    .argument('<id>', 'its id')
    .action(bind(async () => (await import('./commands/ledger.js')).ledgerHistory));
  ledger
    .command('verify')
    .description('Check every block: numbers, hashes, signatures; exit code 5 names the first bad one')
    .addOption(new Option('--from <number>', 'first block; those before are taken as given').argParser(blockNumber))
    .addOption(new Option('--to <number>', 'last block (default: the newest)').argParser(blockNumber))
    .option('--files <folder>', 'copied block files of a peer or an orderer, instead of the running peer')
    .action(bind(async () => (await import('./commands/ledger-verify.js')).ledgerVerify));
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
    .action(bind(async () => (await import('./commands/instance.js')).instanceRecover));
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

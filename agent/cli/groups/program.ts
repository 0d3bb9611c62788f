import { Argument, Option, type Command } from 'commander';
import { collected, dryRunOption, intervalOption, watchOption } from '../options';
import type { Bind } from './bind';

/** What stands by itself: the program, not an object of it. */
export function addProgramCommands(program: Command, bind: Bind): void {
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
    .addOption(dryRunOption())
    .action(bind(async () => (await import('../commands/init.js')).init));
  program
    .command('doctor')
    .description('Check everything that the agent depends on, and say how to mend what is wrong')
    .addOption(
      new Option('--only <check>', 'these checks only, e.g. ledger,clock; may be repeated').argParser(collected),
    )
    .action(bind(async () => (await import('../commands/doctor.js')).doctor));
  program
    .command('status')
    .description('The agent and what it depends on')
    .addOption(watchOption())
    .addOption(intervalOption())
    .action(bind(async () => (await import('../commands/status.js')).status));
  program
    .command('completion')
    .description('A script that completes command lines: source <(blosm completion bash)')
    .addArgument(new Argument('<shell>', 'for which shell').choices(['bash', 'zsh', 'fish']))
    .action(bind(async () => (await import('../commands/completion.js')).completion));
  program
    .command('support-bundle')
    .description('Pack what a report of a fault needs, without secrets: versions, configuration, findings, logs')
    .option('--file <file>', 'the .tar.gz to write (default: blosm-support-TIME.tar.gz here)')
    .action(bind(async () => (await import('../commands/support-bundle.js')).supportBundle));
  program
    .command('version')
    .description("This program's version")
    .action(bind(async () => (await import('../commands/version.js')).version));
}

import { Option, type Command } from 'commander';
import { dryRunOption } from '../options';
import type { Bind } from './bind';

export function addIdentityCommands(program: Command, bind: Bind): void {
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
    .addOption(dryRunOption())
    .action(bind(async () => (await import('../commands/identity-import.js')).identityImport));
  identity
    .command('show')
    .description('What it is, how long it is valid, whether the ledger knows it')
    .action(bind(async () => (await import('../commands/identity-show.js')).identityShow));
}

import { Argument, Option, type Command } from 'commander';
import { HISTORY_QUERIES } from '../../ports/history';
import { blockNumber } from '../options';
import type { Bind } from './bind';

export function addLedgerCommands(program: Command, bind: Bind): void {
  const ledger = program.command('ledger').description('The channel as the own peer has it');
  ledger
    .command('tip')
    .description('The newest block')
    .action(bind(async () => (await import('../commands/ledger.js')).ledgerTip));
  ledger
    .command('tx <id>')
    .description('One transaction, decoded')
    .action(bind(async () => (await import('../commands/ledger.js')).ledgerTransaction));
  ledger
    .command('block <number>')
    .description('One block: hashes, who signed it, its transactions')
    .action(bind(async () => (await import('../commands/ledger.js')).ledgerBlock));
  ledger
    .command('history')
    .description('All that an object has been, newest first')
    .addArgument(new Argument('<kind>', 'the kind of object').choices(Object.keys(HISTORY_QUERIES)))
    .argument('<id>', 'its id')
    .action(bind(async () => (await import('../commands/ledger.js')).ledgerHistory));
  ledger
    .command('verify')
    .description('Check every block: numbers, hashes, signatures; exit code 5 names the first bad one')
    .addOption(new Option('--from <number>', 'first block; those before are taken as given').argParser(blockNumber))
    .addOption(new Option('--to <number>', 'last block (default: the newest)').argParser(blockNumber))
    .option('--files <folder>', 'copied block files of a peer or an orderer, instead of the running peer')
    .action(bind(async () => (await import('../commands/ledger-verify.js')).ledgerVerify));
}

import { Option, type Command } from 'commander';
import { limitOption } from '../options';
import type { Bind } from './bind';

/** What the agent says and sees, and where requests go. */
export function addObservingCommands(program: Command, bind: Bind): void {
  feed(program, 'logs', "The agent's log; with -o json or ndjson one object a line")
    .addOption(new Option('--level <level>', 'the least that is shown').choices(['debug', 'info', 'warn', 'error']))
    .action(bind(async () => (await import('../commands/follow.js')).logs));
  feed(program, 'events', 'What happened on the ledger and here; with -o json or ndjson one object a line').action(
    bind(async () => (await import('../commands/follow.js')).events),
  );
  const route = program.command('route').description("Where this cluster's gateway sends requests");
  route
    .command('list')
    .description('Of every instance that the agent looks after')
    .addOption(limitOption())
    .action(bind(async () => (await import('../commands/route.js')).routeList));
  route
    .command('get <instance>')
    .description('Of one instance, whoever owns it')
    .action(bind(async () => (await import('../commands/route.js')).routeGet));
}

function feed(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .option('-f, --follow', 'go on with what comes, until Ctrl-C; waits for an agent that is restarted')
    .option('--after <position>', 'only what came after this position, as -o json tells it with each line')
    .addOption(limitOption())
    .option('--service <id>', 'only what is about this service')
    .option('--instance <id>', 'only what is about this instance')
    .option('--migration <id>', 'only what is about this migration');
}

import type { Command } from 'commander';
import { dryRunOption, setOption } from '../options';
import type { Bind } from './bind';

export function addAgentCommands(program: Command, bind: Bind): void {
  const agent = program.command('agent').description('The agent of this cluster');
  agent
    .command('run')
    .description('Run the agent in the foreground until it is interrupted')
    .addOption(setOption())
    .action(bind(async () => (await import('../commands/agent-run.js')).agentRun));
  agent
    .command('drain')
    .description('Take nothing new and move away all that this cluster owns; again: how far it is')
    .option(
      '--wait',
      'wait until nothing is left, or nothing that is left can be moved (at most --timeout, default 10m)',
    )
    .addOption(dryRunOption())
    .action(bind(async () => (await import('../commands/agent-drain.js')).agentDrain));
  agent
    .command('undrain')
    .description('The end of drain and of cordon; what was moved stays where it is')
    .addOption(dryRunOption())
    .action(bind(async () => (await import('../commands/agent-drain.js')).agentUndrain));
}

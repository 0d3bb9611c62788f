import type { Command } from 'commander';
import type { Bind } from './bind';

export function addAgentCommands(program: Command, bind: Bind): void {
  program
    .command('agent')
    .description('The agent of this cluster')
    .command('run')
    .description('Run the agent in the foreground until it is interrupted')
    .action(bind(async () => (await import('../commands/agent-run.js')).agentRun));
}
